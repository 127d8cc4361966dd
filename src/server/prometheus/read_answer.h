// A ReadAnswer turns the documents of a chunked answer to a query into Prometheus' ReadResponse.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "server/prometheus/read_statement.h"
#include "sluice/base/result.h"

namespace sluice::server {

class ReadAnswer {
public:
    explicit ReadAnswer(const NameFilter& names);
    ~ReadAnswer();

    // Adds a document of JSON with epoch=ms. A series may go on in the next document. The error is
    // that of the statement.
    Result<void> add(std::string_view document);
    // Makes the message of what was added, once.
    std::string finish();

    std::size_t bytes() const;
    std::uint64_t samples() const { return samples_; }

private:
    struct State;

    const NameFilter& names_;
    std::unique_ptr<State> state_;
    std::uint64_t samples_ = 0;
};

}  // namespace sluice::server
