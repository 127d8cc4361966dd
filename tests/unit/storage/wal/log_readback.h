// What the log files of a store give back: the times of all rows, through reader, decoder and
// replay. Tests write each row at a time of its own.
#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sluice/io/file.h"
#include "sluice/io/reactor.h"
#include "storage/memtable/memtable.h"
#include "storage/wal/wal_decoder.h"
#include "storage/wal/wal_reader.h"
#include "storage/wal/wal_replay.h"

namespace sluice::storage::test {

struct ReadBack {
    std::set<model::Timestamp> times;
    std::uint64_t frames = 0;
    std::vector<std::uint64_t> log_numbers;  // of files of the head, in order
    WalStep end = WalStep::kEnd;             // of the last file
};

inline std::set<model::Timestamp> times_of(const Head& head) {
    std::set<model::Timestamp> times;
    for (const auto& [key, table] : head.memtables()) {
        for (std::uint32_t row = 0; row < table->rows(); ++row) {
            const std::uint32_t chunk = row_chunk::chunk_of(row);
            times.insert(table->times_chunk(chunk)[row - row_chunk::first_row(chunk)]);
        }
    }
    return times;
}

inline io::Task<Result<ReadBack>> read_back(io::Reactor& reactor, std::vector<std::string> paths,
                                            std::uint64_t store_id, std::uint64_t head_id) {
    struct Log {
        io::File file;
        std::unique_ptr<WalReader> reader;
        WalFrameHeader first;
    };
    std::vector<std::unique_ptr<Log>> logs;  // readers refer to their files
    for (std::string& path : paths) {
        Log& log = *logs.emplace_back(std::make_unique<Log>());
        SLUICE_CO_TRY(log.file,
                      co_await io::File::open(reactor, std::move(path), io::OpenMode::kRead));
        SLUICE_CO_TRY(const std::uint64_t bytes, co_await log.file.size());
        log.reader = std::make_unique<WalReader>(log.file, bytes);
        SLUICE_CO_TRY(const WalHeaderState state, co_await log.reader->read_first(log.first));
        const bool is_of_head = state == WalHeaderState::kIntact && log.first.head_id == head_id;
        if (is_of_head) continue;
        co_await log.file.close();
        logs.pop_back();
    }
    std::sort(logs.begin(), logs.end(), [](const auto& a, const auto& b) {
        return a->first.log_number < b->first.log_number;
    });
    ReadBack read;
    Head head(head_id);
    WalReplay replay(head, [](model::ShardGroupId) { return false; });
    WalDecoder decoder;
    WalChain chain;
    chain.store_id = store_id;
    chain.head_id = head_id;
    for (std::size_t i = 0; i < logs.size(); ++i) {
        Log& log = *logs[i];
        read.log_numbers.push_back(log.first.log_number);
        // A file that was sealed after a failed write ends where a later one begins.
        std::uint64_t frame_limit = ~std::uint64_t{0};
        for (std::size_t later = i + 1; later < logs.size(); ++later) {
            frame_limit = std::min(frame_limit, logs[later]->first.frame_number);
        }
        while (chain.next_frame < frame_limit) {
            WalFrameView view;
            SLUICE_CO_TRY(read.end, co_await log.reader->next(log.first.log_number, chain, view));
            if (read.end != WalStep::kFrame) break;
            ++read.frames;
            SLUICE_CO_TRY_VOID(decoder.decode(view.payload, replay));
        }
        co_await log.file.close();
    }
    read.times = times_of(head);
    co_return read;
}

}  // namespace sluice::storage::test
