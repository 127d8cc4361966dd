#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "batches.h"
#include "sluice/base/random.h"
#include "sluice/storage/head.h"
#include "storage/memtable/memtable.h"
#include "storage/wal/wal_decoder.h"
#include "storage/wal/wal_encoder.h"
#include "storage/wal/wal_reader.h"
#include "storage/wal/wal_replay.h"

namespace sluice::storage {
namespace {

constexpr std::uint64_t kStore = 0x0123456789ABCDEF;
constexpr std::uint64_t kHead = 0x0000000100000001;
constexpr std::uint64_t kLog = 7;

// Frames of one head, one behind the other, as in a log file.
class LogBytes final : public WalFrameSource {
public:
    explicit LogBytes(std::size_t payload_max) : payload_max_(payload_max), frame_(payload_max) {
        chain_.store_id = kStore;
        chain_.head_id = kHead;
    }

    WalFrame& current() override { return frame_; }
    WalFrame& next(std::size_t payload_min) override {
        seal();
        const std::size_t least = align_up(kWalHeaderBytes + payload_min) - kWalHeaderBytes;
        frame_ = WalFrame(std::max(payload_max_, least));
        return frame_;
    }
    std::size_t payload_max() const override { return payload_max_; }
    std::size_t payload_limit() const override { return 4 * payload_max_; }

    void seal() {
        WalFrameHeader header;
        header.head_id = kHead;
        header.store_id = kStore;
        header.log_number = kLog;
        header.frame_number = chain_.next_frame;
        header.previous_hash = chain_.previous_hash;
        const ByteSpan bytes = frame_.seal(header);
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
        chain_.advance(header);
        frame_.clear();
    }

    std::vector<std::byte>& bytes() { return bytes_; }

private:
    std::size_t payload_max_;
    WalFrame frame_;
    WalChain chain_;
    std::vector<std::byte> bytes_;
};

struct Replayed {
    Head head{9};
    std::uint64_t frames = 0;
    WalStep end = WalStep::kEnd;
    Result<void> decoded;
};

std::unique_ptr<Replayed> replay(ByteSpan bytes) {
    auto replayed = std::make_unique<Replayed>();
    WalChain chain;
    chain.store_id = kStore;
    chain.head_id = kHead;
    WalReplay visitor(replayed->head, [](model::ShardGroupId) { return false; });
    WalDecoder decoder;
    for (std::uint64_t offset = 0;;) {
        WalFrameView view;
        replayed->end = examine_frame(bytes, offset, bytes.size(), kLog, chain, view);
        if (replayed->end != WalStep::kFrame) break;
        replayed->decoded = decoder.decode(view.payload, visitor);
        if (!replayed->decoded.ok()) break;
        ++replayed->frames;
        offset += view.header.frame_bytes();
        chain.advance(view.header);
    }
    return replayed;
}

// Every value of a head by where it belongs.
std::map<std::string, std::string> content(const Head& head) {
    std::map<std::string, std::string> cells;
    for (const auto& [key, table] : head.memtables()) {
        for (std::uint32_t row = 0; row < table->rows(); ++row) {
            const std::uint32_t chunk = row_chunk::chunk_of(row);
            const std::uint32_t offset = row - row_chunk::first_row(chunk);
            const std::string where =
                std::to_string(key.group) + " " +
                std::string(head.series_index().key(table->series_chunk(chunk)[offset])) + " " +
                std::to_string(table->times_chunk(chunk)[offset]) + " ";
            for (const MemtableColumn& column : table->columns()) {
                if (chunk >= column.chunks.size() || !column.chunks[chunk].is_valid(offset))
                    continue;
                const std::byte* values = column.chunks[chunk].values;
                std::string value;
                if (is_word_type(column.type)) {
                    value = std::to_string(load_le<std::uint64_t>(values + offset * 8));
                } else if (column.type == model::FieldType::kBoolean) {
                    value = std::to_string(static_cast<int>(values[offset]));
                } else {
                    value = reinterpret_cast<const std::string_view*>(values)[offset];
                }
                cells[where + column.name] = value;
            }
        }
    }
    return cells;
}

// Applies a batch as the store does: log first, then the memtables.
void write(Head& head, WalMarks& marks, LogBytes& log, const model::PointBatch& batch,
           std::uint64_t sequence) {
    ASSERT_TRUE(encode_batch(head, marks, batch, sequence, log).ok());
    for (std::size_t i = 0; i < batch.table_count(); ++i) {
        const model::BatchTable& table = batch.table_at(i);
        ASSERT_TRUE(
            head.memtable(table.shard.group, table.measurement).append(table, sequence).ok());
    }
}

std::vector<std::vector<TestField>> varied_fields(unsigned rows, Random& random) {
    std::vector<std::vector<TestField>> all;
    for (unsigned i = 0; i < rows; ++i) {
        std::vector<TestField> fields;
        if (random.chance(0.9)) fields.push_back(number("usage", static_cast<double>(i) + 0.25));
        if (random.chance(0.3)) fields.push_back(text("state", std::string(random.below(40), 'x')));
        if (random.chance(0.5)) fields.push_back(flag("up", random.chance(0.5)));
        if (fields.empty()) fields.push_back(number("idle", 1));
        all.push_back(std::move(fields));
    }
    return all;
}

TEST(Wal, RowsComeBackAsTheyWereWritten) {
    for (const std::size_t payload_max : {std::size_t{1} << 20, std::size_t{4032}}) {
        Random random(3);
        Head head(1);
        WalMarks marks;
        LogBytes log(payload_max);
        for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
            const auto rows = static_cast<unsigned>(1 + random.below(sequence % 5 == 0 ? 300 : 5));
            const auto fields = varied_fields(rows, random);
            model::PointBatch batch;
            for (unsigned i = 0; i < rows; ++i) {
                const std::string key = (random.chance(0.5) ? "cpu" : "disk") + std::string(",h=") +
                                        std::to_string(random.below(30));
                add_row(batch, head.series_index(), 1 + random.below(2), key,
                        random.between(0, 1'000'000'000'000), fields[i]);
            }
            batch.finish();
            write(head, marks, log, batch, sequence);
            if (random.chance(0.5)) log.seal();
        }
        log.seal();
        const auto replayed = replay(log.bytes());
        ASSERT_TRUE(replayed->decoded.ok()) << replayed->decoded.error().message;
        EXPECT_EQ(replayed->end, WalStep::kEnd);
        EXPECT_EQ(content(replayed->head), content(head));
    }
}

TEST(Wal, ARowLargerThanAFrameGetsAFrameOfItsOwn) {
    Head head(1);
    WalMarks marks;
    LogBytes log(4032);
    const std::vector<TestField> small = {text("s", "eins")};
    const std::vector<TestField> large = {text("s", std::string(10'000, 'x')), number("v", 1.5)};
    const std::vector<TestField> too_large = {text("s", std::string(5 * 4032, 'x'))};
    const auto batch_of = [&head](const std::vector<std::vector<TestField>>& rows) {
        model::PointBatch batch;
        model::Timestamp time = 0;
        for (const auto& fields : rows) {
            add_row(batch, head.series_index(), 1, "m", ++time, fields);
        }
        batch.finish();
        return batch;
    };
    const std::vector<std::vector<TestField>> rows = {small, large, small, large};
    const model::PointBatch batch = batch_of(rows);
    ASSERT_TRUE(check_rows_fit(batch, log.payload_limit()).ok());
    write(head, marks, log, batch, 1);
    log.seal();
    const auto replayed = replay(log.bytes());
    ASSERT_TRUE(replayed->decoded.ok()) << replayed->decoded.error().message;
    EXPECT_EQ(replayed->end, WalStep::kEnd);
    EXPECT_EQ(content(replayed->head), content(head));

    const std::vector<std::vector<TestField>> bad = {small, too_large};
    const model::PointBatch refused = batch_of(bad);
    const Result<void> fits = check_rows_fit(refused, log.payload_limit());
    ASSERT_FALSE(fits.ok());
    EXPECT_EQ(fits.error().kind, ErrorKind::kTooLarge);
    EXPECT_NE(fits.error().message.find(" > 16128 bytes"), std::string::npos)
        << fits.error().message;
    EXPECT_EQ(encode_batch(head, marks, refused, 2, log).error().kind, ErrorKind::kTooLarge);
}

// Three frames with a definition, rows, and rows again.
struct SmallLog {
    Head head{1};
    LogBytes log{4032};
    SmallLog() {
        WalMarks marks;
        for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
            fields.push_back({number("v", 1.5), text("s", "eins"), flag("f", true)});
            model::PointBatch batch;
            add_row(batch, head.series_index(), 1, "m,t=a", 1000 + static_cast<int>(sequence),
                    fields.back());
            batch.finish();
            write(head, marks, log, batch, sequence);
            log.seal();
        }
    }
    std::deque<std::vector<TestField>> fields;
};

TEST(Wal, EveryTruncationKeepsTheFramesBeforeIt) {
    SmallLog small;
    const std::vector<std::byte> whole = small.log.bytes();
    ASSERT_EQ(whole.size(), 3 * kDirectIoAlignment);
    for (std::size_t size = 0; size < whole.size(); size += 64) {
        // What lies behind the cut reads as zeroes: the file keeps its size.
        std::vector<std::byte> cut(whole.size(), std::byte{0});
        std::memcpy(cut.data(), whole.data(), size);
        const auto replayed = replay(cut);
        ASSERT_TRUE(replayed->decoded.ok());
        ASSERT_GE(replayed->frames, size / kDirectIoAlignment);
        // A cut within the padding loses nothing.
        ASSERT_LE(replayed->frames, (size + kDirectIoAlignment - 1) / kDirectIoAlignment);
        ASSERT_EQ(replayed->head.rows(), replayed->frames);
    }
}

TEST(Wal, EveryFlippedBitIsNoticedOrIsInPadding) {
    SmallLog small;
    std::vector<std::byte> bytes = small.log.bytes();
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        WalFrameHeader header;
        const std::size_t frame = at / kDirectIoAlignment * kDirectIoAlignment;
        ASSERT_EQ(decode_wal_header(bytes.data() + frame, header), WalHeaderState::kIntact);
        const bool padding = at - frame >= kWalHeaderBytes + header.payload_bytes;
        const std::byte before = bytes[at];
        bytes[at] ^= static_cast<std::byte>(1u << (at % 8));
        const auto replayed = replay(bytes);
        ASSERT_TRUE(replayed->decoded.ok());
        ASSERT_EQ(replayed->frames, padding ? 3u : frame / kDirectIoAlignment) << "byte " << at;
        bytes[at] = before;
    }
}

TEST(Wal, FramesOfAnEarlierUseOfTheFileAreStale) {
    SmallLog small;
    std::vector<std::byte> bytes = small.log.bytes();
    // The second frame again where the first was: right in itself, wrong in its place.
    std::memcpy(bytes.data(), bytes.data() + kDirectIoAlignment, kDirectIoAlignment);
    EXPECT_EQ(replay(bytes)->frames, 0u);

    WalChain other;
    other.store_id = kStore;
    other.head_id = kHead + 1;
    WalFrameView view;
    EXPECT_EQ(examine_frame(small.log.bytes(), 0, bytes.size(), kLog, other, view), WalStep::kEnd);
    other.head_id = kHead;
    EXPECT_EQ(examine_frame(small.log.bytes(), 0, bytes.size(), kLog + 1, other, view),
              WalStep::kEnd);
    EXPECT_EQ(examine_frame(small.log.bytes(), 0, bytes.size(), kLog, other, view),
              WalStep::kFrame);
}

TEST(Wal, DamagedPayloadsWithRightChecksumsAreRefusedWithoutACrash) {
    SmallLog small;
    WalChain chain;
    chain.store_id = kStore;
    chain.head_id = kHead;
    WalFrameView view;
    ASSERT_EQ(examine_frame(small.log.bytes(), 0, small.log.bytes().size(), kLog, chain, view),
              WalStep::kFrame);
    const std::vector<std::byte> payload(view.payload.begin(), view.payload.end());
    for (std::size_t size = 0; size < payload.size(); ++size) {
        Head head(1);
        WalReplay visitor(head, [](model::ShardGroupId) { return false; });
        (void)WalDecoder().decode(ByteSpan(payload).first(size), visitor);
    }
    for (std::size_t bit = 0; bit < payload.size() * 8; ++bit) {
        std::vector<std::byte> damaged = payload;
        damaged[bit / 8] ^= static_cast<std::byte>(1u << (bit % 8));
        Head head(1);
        WalReplay visitor(head, [](model::ShardGroupId) { return false; });
        (void)WalDecoder().decode(damaged, visitor);
    }
}

TEST(Wal, ALostFrameIsDefinedAgain) {
    Head head(1);
    WalMarks marks;
    LogBytes lost(4032);
    const std::vector<TestField> fields{number("v", 1)};
    model::PointBatch batch;
    add_row(batch, head.series_index(), 1, "m,t=a", 1, fields);
    batch.finish();
    ASSERT_TRUE(encode_batch(head, marks, batch, 1, lost).ok());
    marks.rewind(0);
    LogBytes log(4032);
    write(head, marks, log, batch, 2);
    log.seal();
    EXPECT_EQ(content(replay(log.bytes())->head), content(head));
}

TEST(Wal, AOneLineRequestCostsAboutItsValues) {
    Head head(1);
    WalMarks marks;
    LogBytes log(4032);
    std::vector<TestField> fields;
    for (int i = 0; i < 10; ++i) fields.push_back(number("usage_" + std::to_string(i), i));
    std::uint64_t bytes = 0;
    for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) {
        model::PointBatch batch;
        add_row(batch, head.series_index(), 1, "cpu,host=a", 1'700'000'000'000'000'000, fields);
        batch.finish();
        bytes = *encode_batch(head, marks, batch, sequence, log);
    }
    EXPECT_LE(bytes, 130u);
}

TEST(Wal, TheWorkedExampleIsWhatTheDocumentSays) {
    Head head(1);
    WalMarks marks;
    LogBytes log(4032);
    const std::vector<TestField> fields{number("v", 1.5)};
    model::PointBatch batch;
    add_row(batch, head.series_index(), 3, "m,t=a", 1000, fields);
    batch.finish();
    ASSERT_TRUE(encode_batch(head, marks, batch, 5, log).ok());
    log.seal();
    const std::uint8_t expected[] = {
        // header
        0x53, 0x4C, 0x57, 0x46, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01,
        0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01, 0x39, 0x00, 0x00, 0x00};
    ASSERT_EQ(std::memcmp(log.bytes().data(), expected, sizeof expected), 0);
    const std::uint8_t payload[] = {
        0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x05, 'm',  ',',  't',  '=', 'a',  // series
        0x02, 0x00, 0x03, 0x01, 'm',                                                 // table
        0x03, 0x00, 0x00, 0x01, 0x01, 'v',                                           // column
        0x04, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,            // rows
        0x02, 0x00,                                                                  // series
        0x01, 0xE8, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,                        // time
        0x01, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xF8, 0x3F};           // column v
    ASSERT_EQ(sizeof payload, 0x39u);
    EXPECT_EQ(std::memcmp(log.bytes().data() + kWalHeaderBytes, payload, sizeof payload), 0);
}

}  // namespace
}  // namespace sluice::storage
