// SIGINT, SIGTERM, SIGHUP, SIGQUIT and those of exceeded limits (SIGXFSZ, SIGXCPU) while files are being made: they become an exception, so that destructors remove what is
// half made, and take their usual course afterwards.
#pragma once

#include <array>
#include <csignal>

namespace halogram {

class InterruptionGuard {
public:
    // Takes over, where no other guard stands, the signals whose disposition is the default one; a program's own handlers and ignored signals stay.
    InterruptionGuard();
    // Gives the signals back. One that arrived is raised again and usually ends the program here; hence the guard
    // stands before everything that removes files.
    ~InterruptionGuard();
    InterruptionGuard(const InterruptionGuard&) = delete;
    InterruptionGuard& operator=(const InterruptionGuard&) = delete;

private:
    struct Taken {
        int signal = 0;
        bool taken = false;
        struct sigaction before = {};
    };
    std::array<Taken, 6> taken_;
};

bool interrupted();

// Throws LibraryError if a signal arrived while a guard stands.
void throw_if_interrupted();

}  // namespace halogram
