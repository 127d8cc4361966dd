// Profiles as `go tool pprof` reads them (google/pprof, proto/profile.proto), gzip and all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/io/stack_sampler.h"

namespace sluice::server {

struct ProfileUnit {
    std::string_view type;
    std::string_view unit;
};

// What a profile is of. Each sample has a value for each kind.
struct ProfileHead {
    std::vector<ProfileUnit> kinds;
    ProfileUnit period_of;
    std::int64_t period = 0;
    std::int64_t began_wall_ns = 0;
    std::int64_t duration_ns = 0;
};

// A stack and how often it was met.
struct CountedStack {
    std::vector<std::uintptr_t> frames;  // the innermost first
    std::uint64_t count = 0;
};

std::vector<CountedStack> counted(const std::vector<io::StackSample>& samples);

// The message, with the names of functions. Values are the count, and count times period where
// there is a second kind. Reads symbol tables: beside the cores.
std::string profile_message(const ProfileHead& head, const std::vector<CountedStack>& stacks);
// The same for people: as many lines as frames, the innermost first.
std::string profile_text(std::string_view name, const std::vector<CountedStack>& stacks);

std::string gzipped(std::string_view bytes);

}  // namespace sluice::server
