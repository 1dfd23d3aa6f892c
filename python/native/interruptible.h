// Work that takes seconds and knows nothing of Python, such as a compiler's, on a thread of its own: Ctrl-C does not wait
// for it. What was begun goes on, and is there when it is asked for again.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>

namespace halogram {

// Runs `task` on another thread and returns when it is done or a signal's handler has raised, by which nanobind's
// python_error is thrown. To be called without the GIL. `task` may outlive its caller: it owns what it uses.
void run_until_signal(std::function<void()> task, const std::function<bool()>& done);

// The result of `work`, or what it throws.
template <typename Result>
Result interruptible(std::function<Result()> work) {
    auto task = std::make_shared<std::packaged_task<Result()>>(std::move(work));
    std::future<Result> result = task->get_future();
    run_until_signal([task] { (*task)(); },
                     [&result] { return result.wait_for(std::chrono::milliseconds(20)) == std::future_status::ready; });
    return result.get();
}

// For the interpreter's exit: what still runs beside the destruction of what it uses crashes. A signal whose handler raises
// meanwhile ends the process at once.
void wait_for_running_work();

}  // namespace halogram
