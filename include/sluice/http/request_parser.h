// Takes the head of a request apart, in whatever pieces it arrives.
//
// llhttp knows the grammar; it is stopped after the empty line, because bodies have their own
// readers (ChunkedDecoder, or a buffer of Content-Length bytes). The grammar is the strict one:
// what could be read in two ways (bare line feeds, two lengths, a length beside chunks) is refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/http/request.h"

namespace sluice::http {

struct HeadLimits {
    // Go's DefaultMaxHeaderBytes; the influx shell puts whole queries into the target.
    std::size_t bytes_max = 1 << 20;
    std::size_t fields_max = 256;
};

// Why a head was refused: the status of the answer, after which the connection closes, and its
// text.
struct HeadRefusal {
    std::uint16_t status = 400;
    std::string_view text = "400 Bad Request";
};

class RequestParser {
public:
    enum class Outcome : std::uint8_t { kNeedMore, kHead, kRefused };
    struct Progress {
        Outcome outcome;
        std::size_t consumed;  // the body begins behind these bytes
    };

    explicit RequestParser(HeadLimits limits = {});
    ~RequestParser();
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;

    // Reads bytes of a head. After kHead or kRefused no more bytes are fed before reset().
    Progress feed(std::string_view bytes);

    // Returns the request, after kHead.
    const Request& request() const { return request_; }
    // Returns why the head was refused, after kRefused.
    const HeadRefusal& refusal() const { return refusal_; }
    // Some bytes of a head have come.
    bool in_head() const { return head_bytes_ != 0; }

    // Ready for the next request; memory is kept unless one head was extraordinarily large.
    void reset();

private:
    struct Machine;
    friend struct Machine;

    bool finish_head();
    bool refuse(std::uint16_t status, std::string_view text);
    void name_header(const HeaderField& field);

    HeadLimits limits_;
    std::unique_ptr<Machine> machine_;
    std::size_t head_bytes_ = 0;
    Request request_;
    HeadRefusal refusal_;
};

}  // namespace sluice::http
