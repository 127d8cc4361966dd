// A NameBudget bounds the memory that names take: measurements and the shard groups that know them.
// The catalog keeps them for as long as there are points, in memory, on every start, so what a
// client could add in a body without a bound would be a limit for nobody.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/meta/catalog.h"

namespace sluice::engine {

// Each core has one of its own. What the catalog has is counted once for each snapshot, and only
// when somebody asks.
class NameBudget {
public:
    // `bytes_max` 0: any number of names.
    explicit NameBudget(std::uint64_t bytes_max = 0) : bytes_max_(bytes_max) {}

    // The bytes that are left beside what `catalog` has.
    std::uint64_t left(const meta::Catalog& catalog);

    // About what a measurement takes that no shard group has yet.
    static std::uint64_t bytes_of(std::string_view measurement, std::size_t fields);
    // About what all the names of a catalog take.
    static std::uint64_t bytes_of(const meta::Catalog& catalog);
    // Whether the policy has the measurement in one of its latest shard groups, so that it is no
    // new name in the next one.
    static bool is_known(const meta::RetentionPolicy& policy, std::string_view measurement);

private:
    std::uint64_t bytes_max_;
    std::uint64_t version_ = 0;  // of the catalog that used_ is about
    std::uint64_t used_ = 0;
};

// The sentence for a row whose measurement is one name too many.
std::string no_room_for_names_text(std::string_view measurement);

}  // namespace sluice::engine
