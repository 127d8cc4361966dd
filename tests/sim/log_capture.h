// A LogCapture takes what the server logs to standard error, so that a simulation can count what
// was said, and shows it to people if they ask.
#pragma once

#include <string>

#include "rare_states.h"

namespace sluice::server {

// One for the process, for as long as it lives.
class LogCapture {
public:
    // `shows`: what is taken is printed, too.
    explicit LogCapture(bool shows);
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;
    ~LogCapture();

    // Notes the message of each line since the last call.
    void count_in(RareStates& states);
    // Shows the last lines that were taken: what a process says that ends by a signal. May be
    // called by its handler.
    void show_end() const;
    // Says something beside the log.
    void tell(const std::string& line) const;

private:
    const bool shows_;
    int terminal_ = -1;  // what standard error was
    int file_ = -1;      // what it is
};

}  // namespace sluice::server
