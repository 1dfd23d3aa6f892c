#include "library/interruption.h"

#include "library/error.h"

namespace halogram {
namespace {

volatile std::sig_atomic_t arrived = 0;
// Guards stand inside of one another, in one thread; only the outermost one takes and gives back.
int standing = 0;

extern "C" void note_signal(int signal) { arrived = signal; }

}  // namespace

InterruptionGuard::InterruptionGuard() : taken_{{{SIGINT}, {SIGTERM}, {SIGHUP}, {SIGQUIT}, {SIGXFSZ}, {SIGXCPU}}} {
    if (standing++ > 0) return;
    arrived = 0;
    for (Taken& taken : taken_) {
        if (sigaction(taken.signal, nullptr, &taken.before) != 0 || taken.before.sa_handler != SIG_DFL) continue;
        struct sigaction action = {};
        action.sa_handler = note_signal;
        sigemptyset(&action.sa_mask);
        taken.taken = sigaction(taken.signal, &action, nullptr) == 0;
    }
}

InterruptionGuard::~InterruptionGuard() {
    if (--standing > 0) return;  // what arrived is for the outer one
    for (const Taken& taken : taken_)
        if (taken.taken) sigaction(taken.signal, &taken.before, nullptr);
    const int signal = arrived;
    arrived = 0;
    if (signal != 0) raise(signal);
}

bool interrupted() { return arrived != 0; }

void throw_if_interrupted() {
    if (interrupted()) throw LibraryError("interrupted");
}

}  // namespace halogram
