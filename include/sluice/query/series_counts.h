// SeriesCounts knows how many series each database has, for statistics.
//
// Counting looks at every key once. So it is done only when statistics are asked for, and the less
// often, the longer it takes. The object belongs to one core.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/io/gate.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::query {

class StatementExecutor;

class SeriesCounts {
public:
    // All arguments outlive the object. `background` holds the counting that goes on, and is closed
    // before the object is destroyed.
    SeriesCounts(io::Reactor& reactor, StatementExecutor& executor, io::Gate& background)
        : reactor_(reactor), executor_(executor), background_(background) {}

    // Counts anew where that is due; completes with it, or earlier where it takes long.
    io::Task<void> refresh(std::shared_ptr<const meta::Catalog> catalog);
    // Returns the number as last counted, or 0 before the first count. It is an estimate where
    // there are very many series.
    std::uint64_t of(std::string_view database) const;

private:
    io::Task<void> count(std::shared_ptr<const meta::Catalog> catalog);
    bool is_due() const;

    io::Reactor& reactor_;
    StatementExecutor& executor_;
    io::Gate& background_;
    std::map<std::string, std::uint64_t, std::less<>> counts_;
    bool counting_ = false;
    std::int64_t counted_ns_ = 0;  // when it was done last
    std::int64_t took_ns_ = 0;
};

}  // namespace sluice::query
