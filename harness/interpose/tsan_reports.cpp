// How a debugger, or the program's own __tsan_on_report, looks at the report that ThreadSanitizer
// is about to print (sanitizer/tsan_interface.h). Raddle makes its reports when an execution is
// over: while the program runs there is none, and nothing to be told of it.

#define RADDLE_ABI extern "C" __attribute__((visibility("default")))

RADDLE_ABI void* __tsan_get_current_report() { return nullptr; }
RADDLE_ABI int __tsan_get_report_data(void*, const char**, int*, int*, int*, int*, int*, int*, int*,
                                      void**, unsigned long) {
  return 0;
}
RADDLE_ABI int __tsan_get_report_tag(void*, unsigned long*) { return 0; }
RADDLE_ABI int __tsan_get_report_stack(void*, unsigned long, void**, unsigned long) { return 0; }
RADDLE_ABI int __tsan_get_report_mop(void*, unsigned long, int*, void**, int*, int*, int*, void**,
                                     unsigned long) {
  return 0;
}
RADDLE_ABI int __tsan_get_report_loc(void*, unsigned long, const char**, void**, void**,
                                     unsigned long*, int*, int*, int*, void**, unsigned long) {
  return 0;
}
RADDLE_ABI int __tsan_get_report_loc_object_type(void*, unsigned long, const char**) { return 0; }
RADDLE_ABI int __tsan_get_report_mutex(void*, unsigned long, unsigned long*, void**, int*, void**,
                                       unsigned long) {
  return 0;
}
RADDLE_ABI int __tsan_get_report_thread(void*, unsigned long, int*, unsigned long*, int*,
                                        const char**, int*, void**, unsigned long) {
  return 0;
}
RADDLE_ABI int __tsan_get_report_unique_tid(void*, unsigned long, int*) { return 0; }
