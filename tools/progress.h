// What long work shows on a terminal: one line that rewrites itself, nothing in a pipe.
#pragma once

#include <unistd.h>

#include <iostream>
#include <string>

namespace halogram {

class Progress {
public:
    explicit Progress(bool quiet) : shown_(!quiet && isatty(STDERR_FILENO) != 0) {}
    ~Progress() { clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    void show(const std::string& text) {
        if (shown_) std::cerr << "\r\033[K" << text << std::flush;
    }
    void clear() {
        if (shown_) std::cerr << "\r\033[K" << std::flush;
    }

private:
    bool shown_;
};

}  // namespace halogram
