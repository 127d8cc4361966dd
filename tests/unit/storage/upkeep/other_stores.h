// Neighbours that do what they are told, and remember what they were asked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/storage/neighbours.h"
#include "storage/segment/segment_record.h"

namespace sluice::storage::test {

class OtherStores final : public Neighbours {
public:
    // The answer to find_homes(), for every group; an error instead where `fails` says so.
    Choice choice;
    // Fails with this error: the name of the call, or none.
    std::string fails;

    // In the order of the calls: "place 1", "accept 1", "reveal", ...
    std::vector<std::string> calls;
    std::map<std::uint64_t, SegmentRecord> accepted;  // by id
    std::vector<SegmentPlace> given_up;
    std::uint64_t next_id = 1000;
    Epoch epoch = 0;

    io::Task<Result<std::vector<Choice>>> find_homes(
        std::vector<model::ShardGroupId> groups) override {
        calls.emplace_back("homes");
        if (fails == "homes") co_return error();
        co_return std::vector<Choice>(groups.size(), choice);
    }
    io::Task<Result<SegmentPlace>> take_place(std::uint32_t store) override {
        calls.push_back("place " + std::to_string(store));
        if (fails == "place") co_return error();
        SegmentPlace place;
        place.directory = directory_of(store);
        place.id = next_id++;
        co_return place;
    }
    io::Task<void> give_up(std::uint32_t store, SegmentPlace place) override {
        calls.push_back("give up " + std::to_string(store));
        given_up.push_back(std::move(place));
        co_return;
    }
    io::Task<Result<void>> begin_hand_over() override {
        calls.emplace_back("begin");
        if (fails == "begin") co_return error();
        co_return Result<void>();
    }
    io::Task<Result<void>> accept(std::uint32_t store, const SegmentRecord& segment) override {
        calls.push_back("accept " + std::to_string(store));
        if (fails == "accept " + std::to_string(store)) co_return error();
        accepted[segment.id] = segment;
        co_return Result<void>();
    }
    io::Task<Epoch> reveal(std::vector<std::uint32_t>) override {
        calls.emplace_back("reveal");
        co_return ++epoch;
    }
    io::Task<void> end_hand_over(Epoch ended) override {
        calls.push_back("end " + std::to_string(ended));
        co_return;
    }

    static std::string directory_of(std::uint32_t store) {
        return "/store-" + std::to_string(store);
    }

private:
    static Error error() { return {ErrorKind::kIo, "another store refuses"}; }
};

}  // namespace sluice::storage::test
