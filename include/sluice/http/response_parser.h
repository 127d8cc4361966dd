// The answer to a request of ours, byte by byte: its status, its header, and where it ends.
#pragma once

#include <cstddef>
#include <cstdint>
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

    struct Expected {
        bool has_body = true;  // false: the request was a HEAD
        // So much of a body is kept, for a message to the operator if nothing else.
        std::size_t body_bytes_kept = 256;
    };
    void reset(const Expected& expected);
    void reset() { reset(Expected()); }

    // Reads bytes, and returns true when the answer is complete; bytes behind it are ignored. It
    // fails with kInvalid if they are no HTTP, or have a header beyond any measure.
    Result<bool> add(std::string_view bytes);
    // The peer has sent its last byte: true when that completes the answer.
    bool finish();

    // These are valid once the answer is complete.
    int status() const;
    bool keeps_connection() const;
    // Its first bytes, and how many there were.
    std::string_view body_start() const;
    std::uint64_t body_bytes() const;
    // The value of the first field of that name, which is in small letters; empty without one.
    std::string_view header(std::string_view name) const;

private:
    struct Machine;
    std::unique_ptr<Machine> machine_;
};

}  // namespace sluice::http
