#include "harness/fiber/algorithm.hpp"

#include "harness/fiber/members.hpp"
#include "harness/runtime.hpp"

#include <utility>

namespace raddle::harness {

using scheduler::current_thread;
using scheduler::Thread;

void Algorithm::awakened(Context* context) noexcept {
  if (context->is_context(boost::fibers::type::dispatcher_context)) {
    dispatcher_ = context;
    return;
  }
  context->ready_link(ready_);
  runtime->engine.make_ready(thread_of(*context));
}

Algorithm::Context* Algorithm::pick_next() noexcept {
  auto& engine = runtime->engine;
  if (Thread* leaving = current_thread) {
    // A fiber that stops here must not choose among the others: it may still hold a spin lock, and
    // one that yields is not ready yet. The dispatcher does.
    engine.unmount(*leaving);
    current_thread = nullptr;
    return std::exchange(dispatcher_, nullptr);
  }
  Thread& next = chosen_ != nullptr ? *chosen_ : engine.next_on(carrier_);
  auto* context = reinterpret_cast<Context*>(next.context);
  if (!context->ready_is_linked()) {
    // Chosen for its deadline. The dispatcher looks for those next, and asks again.
    chosen_ = &next;
    return nullptr;
  }
  chosen_ = nullptr;
  context->ready_unlink();
  enter(next);
  return context;
}

bool Algorithm::has_ready_fibers() const noexcept {
  return dispatcher_ != nullptr || !ready_.empty();
}

}  // namespace raddle::harness
