/* Included into every source of the runtime. Compilers turn copies of structs into calls to
   memcpy, which the runtime intercepts: its own copies must not be taken for the
   program's. */
#ifndef RADDLE_DEFINES_MEMORY_FUNCTIONS
__asm__("memcpy = raddle_memcpy");
__asm__("memmove = raddle_memmove");
__asm__("memset = raddle_memset");
#endif
