#include "python/native/interruptible.h"

#include <nanobind/nanobind.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>

namespace halogram {

namespace {

std::atomic<int> running{0};

}  // namespace

void run_until_signal(std::function<void()> task, const std::function<bool()>& done) {
    // Of a fork's child: its other threads are gone.
    static const int registered = pthread_atfork(nullptr, nullptr, [] { running = 0; });
    (void)registered;
    ++running;
    try {
        std::thread([task = std::move(task)]() mutable {
            task();
            task = nullptr;  // what it owns goes before the exit is told that it may
            --running;
        }).detach();
    } catch (...) {
        --running;
        throw;
    }
    while (!done()) {
        const nanobind::gil_scoped_acquire python;
        if (PyErr_CheckSignals() != 0) throw nanobind::python_error();
    }
}

void wait_for_running_work() {
    while (running > 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        const nanobind::gil_scoped_acquire python;
        if (PyErr_CheckSignals() == 0) continue;
        PyErr_Clear();
        std::signal(SIGINT, SIG_DFL);
        std::raise(SIGINT);
    }
}

}  // namespace halogram
