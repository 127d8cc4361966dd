// The answer to a request of ours, byte by byte: its status, and where it ends.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::http {

// Used for one answer after the other on one connection; reset() before each.
class ResponseParser {
public:
    ResponseParser();
    ~ResponseParser();
    ResponseParser(const ResponseParser&) = delete;
    ResponseParser& operator=(const ResponseParser&) = delete;

    void reset();

    // Reads bytes, and returns true when the answer is complete; bytes behind it are ignored. It
    // fails with kInvalid if they are no HTTP.
    Result<bool> add(std::string_view bytes);
    // The peer has sent its last byte: true when that completes the answer.
    bool finish();

    // These are valid once the answer is complete.
    int status() const;
    bool keeps_connection() const;
    // Its first bytes, for a message to the operator.
    std::string_view body_start() const;

private:
    struct Machine;
    std::unique_ptr<Machine> machine_;
};

}  // namespace sluice::http
