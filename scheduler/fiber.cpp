#include "scheduler/fiber.hpp"

// The layer below boost::context::fiber. That class unwinds a stack when it is
// destroyed; ours must be forgotten, and be restartable, instead.
#include <boost/context/detail/fcontext.hpp>

#include <asm/prctl.h>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <dlfcn.h>
#include <link.h>
#include <linux/futex.h>
#include <signal.h>
#include <string_view>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace raddle::scheduler {
namespace {

namespace context = boost::context::detail;

constexpr std::size_t kPage = 4096;

// Below each stack, never accessible. One large array can jump over a single page and
// land in the stack of another thread; addresses cost nothing.
constexpr std::size_t kGuard = std::size_t{1} << 20;

long raw_syscall(long number, long a, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  // Not ::syscall: raddle interposes that.
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  long result = 0;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
}

struct Donation {
  std::uintptr_t tls_base = 0;
  std::vector<TlsImage> images;
  std::atomic<int> is_ready{0};
};

bool belongs_to_libc(std::string_view path) {
  return path.find("/libc.so") != std::string_view::npos ||
         path.find("/ld-linux") != std::string_view::npos;
}

int note_tls(dl_phdr_info* info, std::size_t, void* out) {
  if (info->dlpi_tls_data == nullptr || belongs_to_libc(info->dlpi_name)) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& header = info->dlpi_phdr[i];
    if (header.p_type != PT_TLS) continue;
    static_cast<std::vector<TlsImage>*>(out)->push_back(
        {info->dlpi_tls_data, reinterpret_cast<const void*>(info->dlpi_addr + header.p_vaddr),
         header.p_filesz, header.p_memsz});
  }
  return 0;
}

void* park(void* argument) {
  auto& donation = *static_cast<Donation*>(argument);
  dl_iterate_phdr(note_tls, &donation.images);
  donation.tls_base = Fiber::tls_base();
  donation.is_ready.store(1);
  auto* word = reinterpret_cast<long*>(&donation.is_ready);
  raw_syscall(SYS_futex, reinterpret_cast<long>(word), FUTEX_WAKE_PRIVATE, 1);
  // Sleeps for the rest of the process: fibers live on this thread's storage.
  int never = 0;
  for (;;) raw_syscall(SYS_futex, reinterpret_cast<long>(&never), FUTEX_WAIT_PRIVATE, 0);
}

// A real, parked thread. Fills `donation` and returns the handle.
pthread_t make_donor(Donation& donation) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 * 1024);
  // A donor must not be picked to handle a signal.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t handle{};
  const int error = create(&handle, &attributes, park, &donation);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error != 0) {
    throw std::system_error(error, std::generic_category(),
                            "no real thread for a thread under test");
  }
  while (donation.is_ready.load() == 0) {
    raw_syscall(SYS_futex, reinterpret_cast<long>(&donation.is_ready), FUTEX_WAIT_PRIVATE, 0);
  }
  return handle;
}

}  // namespace

std::uintptr_t Fiber::tls_base() {
  std::uintptr_t base = 0;
  if (has_fsgsbase_) {
    asm volatile("rdfsbase %0" : "=r"(base));
  } else {
    raw_syscall(SYS_arch_prctl, ARCH_GET_FS, reinterpret_cast<long>(&base));
  }
  return base;
}

const bool Fiber::has_fsgsbase_ = (getauxval(AT_HWCAP2) & 2) != 0;

void Fiber::ask_for_tls_base(std::uintptr_t base) {
  raw_syscall(SYS_arch_prctl, ARCH_SET_FS, static_cast<long>(base));
}

Fiber::Fiber() : tls_base_(tls_base()), handle_(pthread_self()) {}

Fiber::Fiber(std::size_t stack_bytes, Entry entry, void* argument)
    : entry_(entry), argument_(argument) {
  stack_bytes = (stack_bytes + kPage - 1) / kPage * kPage;
  void* memory = mmap(nullptr, stack_bytes + kGuard, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(),
                            "no stack of " + std::to_string(stack_bytes) + " bytes");
  }
  mprotect(memory, kGuard, PROT_NONE);
  stack_low_ = reinterpret_cast<std::uintptr_t>(memory) + kGuard;
  stack_high_ = stack_low_ + stack_bytes;
  Donation donation;
  handle_ = make_donor(donation);
  tls_base_ = donation.tls_base;
  images_ = std::move(donation.images);
  note_words();
  restart();
}

Fiber::~Fiber() {
  if (stack_high_ == 0) return;
  munmap(reinterpret_cast<void*>(stack_low_ - kGuard), stack_high_ - stack_low_ + kGuard);
}

void Fiber::switch_to(Fiber& from, Fiber& to) {
  Fiber* pair[2] = {&from, &to};
  set_tls_base(to.tls_base_);
  // boost::context::detail::jump_fcontext(to.context_, pair), but jumped to instead of called.
  // It comes back by a jump, too. The processor foretells returns by a stack of the calls made: a
  // call that never returns puts that out of step by one, and every return of the thread that
  // goes on, up to the last, would be foretold wrongly.
  void* context = to.context_;
  void* data = pair;
  void* context_back;
  void* data_back;
  asm volatile(
      "lea -128(%%rsp), %%rsp\n\t"  // what the compiler keeps below the stack pointer
      "lea 1f(%%rip), %%rax\n\t"
      "push %%rax\n\t"
      "jmp *jump_fcontext@GOTPCREL(%%rip)\n"
      "1:\n\t"
      "lea 128(%%rsp), %%rsp"
      : "+D"(context), "+S"(data), "=d"(data_back), "=a"(context_back)
      :
      : "rcx", "r8", "r9", "r10", "r11", "cc", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
        "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
        "xmm15");
  static_cast<Fiber**>(data_back)[0]->context_ = context_back;
}

void Fiber::restart() {
  context_ = context::make_fcontext(reinterpret_cast<void*>(stack_high_), stack_high_ - stack_low_,
                                    [](context::transfer_t from) {
                                      // `data` is the pair that switch_to passes.
                                      auto** pair = static_cast<Fiber**>(from.data);
                                      pair[0]->context_ = from.fctx;
                                      Fiber& self = *pair[1];
                                      self.entry_(self.argument_);
                                    });
}

void Fiber::restart(Entry entry, void* argument) {
  entry_ = entry;
  argument_ = argument;
  restart();
}

void Fiber::note_words() {
  constexpr std::size_t kBytesMax = 128;
  for (const TlsImage& image : images_) {
    const auto storage = reinterpret_cast<std::uintptr_t>(image.storage);
    if (image.bytes > kBytesMax) {
      longer_images_.push_back(image);
      continue;
    }
    char initial[kBytesMax] = {};
    std::memcpy(initial, image.initial, image.initial_bytes);
    const auto add = [&](auto& words, std::size_t at) {
      auto word = words.emplace_back();
      word.at = reinterpret_cast<decltype(word.at)>(storage + at);
      std::memcpy(&word.initial, initial + at, sizeof(word.initial));
      words.back() = word;
      return sizeof(word.initial);
    };
    for (std::size_t at = 0; at < image.bytes;) {
      const std::size_t left = image.bytes - at;
      if ((storage + at) % 8 == 0 && left >= 8) {
        at += add(words_, at);
      } else if ((storage + at) % 4 == 0 && left >= 4) {
        at += add(half_words_, at);
      } else {
        at += add(bytes_, at);
      }
    }
  }
}

void Fiber::reset_tls() {
  for (const auto& word : words_) *word.at = word.initial;
  for (const auto& word : half_words_) *word.at = word.initial;
  for (const auto& byte : bytes_) *byte.at = byte.initial;
  for (const TlsImage& image : longer_images_) {
    auto* bytes = static_cast<char*>(image.storage);
    std::memcpy(bytes, image.initial, image.initial_bytes);
    std::memset(bytes + image.initial_bytes, 0, image.bytes - image.initial_bytes);
  }
}

bool Fiber::in_guard(std::uintptr_t address) const {
  return address < stack_low_ && address >= stack_low_ - kGuard;
}

}  // namespace raddle::scheduler
