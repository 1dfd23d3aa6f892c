#include "library/process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "library/error.h"
#include "library/interruption.h"

extern char** environ;

namespace halogram {
namespace {

class FileDescriptor {
public:
    explicit FileDescriptor(int number) : number_(number) {}
    ~FileDescriptor() { close(); }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    int number() const { return number_; }
    void close() {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

private:
    int number_;
};

std::string error_text(int error) { return std::generic_category().message(error); }

class SpawnActions {
public:
    SpawnActions() { posix_spawn_file_actions_init(&actions_); }
    ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
    SpawnActions(const SpawnActions&) = delete;
    SpawnActions& operator=(const SpawnActions&) = delete;
    posix_spawn_file_actions_t* get() { return &actions_; }

private:
    posix_spawn_file_actions_t actions_;
};

class SpawnAttributes {
public:
    SpawnAttributes() { posix_spawnattr_init(&attributes_); }
    ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
    SpawnAttributes(const SpawnAttributes&) = delete;
    SpawnAttributes& operator=(const SpawnAttributes&) = delete;
    posix_spawnattr_t* get() { return &attributes_; }

private:
    posix_spawnattr_t attributes_;
};

// Reads until the end of the program's output; false when a signal arrived before.
bool read_all(int descriptor, std::string& output) {
    std::array<char, 4096> buffer;
    while (!interrupted()) {
        // The timeout is for a signal that another thread received, which does not interrupt poll.
        pollfd waiting = {descriptor, POLLIN, 0};
        const int ready = poll(&waiting, 1, 200);
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        const ssize_t count = read(descriptor, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return true;
        output.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return false;
}

// Asks the program and what it started to end; those that do not within two seconds are ended.
void end(pid_t process) {
    kill(-process, SIGTERM);
    for (int wait = 0; wait < 100; ++wait) {
        siginfo_t state = {};
        if (waitid(P_PID, static_cast<id_t>(process), &state, WEXITED | WNOHANG | WNOWAIT) == 0 && state.si_pid != 0)
            break;
        poll(nullptr, 0, 20);
    }
    kill(-process, SIGKILL);
}

int wait_for(pid_t process) {
    int status = 0;
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR) throw LibraryError("waiting for a program failed: " + error_text(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

std::vector<std::string> split_command(const std::string& command) {
    std::istringstream words(command);
    std::vector<std::string> result;
    for (std::string word; words >> word;) result.push_back(word);
    return result;
}

std::filesystem::path find_program(const std::string& name) {
    const auto runs = [](const std::filesystem::path& path) {
        std::error_code error;
        return std::filesystem::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
    };
    if (name.empty()) return {};
    // Absolute, because the program will be started in another directory.
    if (name.find('/') != std::string::npos)
        return runs(name) ? std::filesystem::absolute(name) : std::filesystem::path();
    const char* path = std::getenv("PATH");
    std::istringstream directories(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin");
    for (std::string directory; std::getline(directories, directory, ':');) {
        const std::filesystem::path candidate = std::filesystem::path(directory.empty() ? "." : directory) / name;
        if (runs(candidate)) return std::filesystem::absolute(candidate);
    }
    return {};
}

ProcessResult run_process(const std::vector<std::string>& arguments, const std::filesystem::path& directory) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw LibraryError("a pipe could not be made: " + error_text(errno));
    FileDescriptor reading(ends[0]), writing(ends[1]);
    SpawnActions actions;
    posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(actions.get(), writing.number(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(actions.get(), writing.number(), STDERR_FILENO);
    posix_spawn_file_actions_addchdir_np(actions.get(), directory.c_str());
    std::vector<char*> words;
    for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
    words.push_back(nullptr);
    // A group of its own, which ends together: gcc starts cc1 and as.
    SpawnAttributes attributes;
    posix_spawnattr_setflags(attributes.get(), POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(attributes.get(), 0);
    pid_t process = 0;
    const int error = posix_spawn(&process, words[0], actions.get(), attributes.get(), words.data(), environ);
    if (error != 0) throw LibraryError("'" + arguments[0] + "' could not be started: " + error_text(error));
    writing.close();
    ProcessResult result;
    if (!read_all(reading.number(), result.output)) end(process);
    result.exit_status = wait_for(process);
    throw_if_interrupted();
    return result;
}

std::string first_lines(const std::string& text, int lines) {
    constexpr std::size_t longest = 2000;
    std::size_t end = 0;
    for (int line = 0; line < lines && end < text.size(); ++line) {
        const std::size_t next = text.find('\n', end);
        end = next == std::string::npos ? text.size() : next + 1;
    }
    std::string result = text.substr(0, std::min(end, longest));
    while (!result.empty() && result.back() == '\n') result.pop_back();
    return result.size() < text.find_last_not_of('\n') + 1 ? result + "\n..." : result;
}

}  // namespace halogram
