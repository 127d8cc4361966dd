#include "http/deflate_diagnosis.h"

#include <array>
#include <cstdint>
#include <optional>

namespace sluice::http {
namespace {

enum class Verdict : std::uint8_t { kFine, kTruncated, kCorrupt };

// Bits of a deflate stream (RFC 1951), low bits first, never a byte more than needed: the position
// is part of the message.
class BitReader {
public:
    explicit BitReader(ByteSpan bytes) : bytes_(bytes) {}

    std::size_t position() const { return position_; }
    bool truncated() const { return truncated_; }
    void to_byte_boundary() { have_ = 0; }

    unsigned take(unsigned count) {
        unsigned value = 0;
        for (unsigned i = 0; i < count; ++i) value |= take_bit() << i;
        return value;
    }
    unsigned take_bit() {
        if (have_ == 0) {
            if (position_ == bytes_.size()) {
                truncated_ = true;
                return 0;
            }
            held_ = static_cast<unsigned>(bytes_[position_++]);
            have_ = 8;
        }
        const unsigned bit = held_ & 1;
        held_ >>= 1;
        --have_;
        return bit;
    }
    void skip_bytes(std::size_t count) {
        if (count > bytes_.size() - position_) {
            position_ = bytes_.size();
            truncated_ = true;
        } else {
            position_ += count;
        }
    }

private:
    ByteSpan bytes_;
    std::size_t position_ = 0;
    unsigned held_ = 0;
    unsigned have_ = 0;
    bool truncated_ = false;
};

// A canonical code as counts per length and symbols in code order; decoding walks one bit at a
// time.
class HuffmanCode {
public:
    static constexpr unsigned kLengthMax = 15;

    // False when the lengths are over-subscribed, or incomplete with more than one code.
    bool build(const std::uint8_t* lengths, unsigned count) {
        counts_.fill(0);
        for (unsigned i = 0; i < count; ++i) ++counts_[lengths[i]];
        const unsigned used = count - counts_[0];
        counts_[0] = 0;
        int left = 1;
        for (unsigned length = 1; length <= kLengthMax; ++length) {
            left = left * 2 - counts_[length];
            if (left < 0) return false;
        }
        std::array<std::uint16_t, kLengthMax + 2> offsets{};
        for (unsigned length = 1; length <= kLengthMax; ++length) {
            offsets[length + 1] = static_cast<std::uint16_t>(offsets[length] + counts_[length]);
        }
        for (unsigned i = 0; i < count; ++i) {
            if (lengths[i] != 0) symbols_[offsets[lengths[i]]++] = static_cast<std::uint16_t>(i);
        }
        return left == 0 || used <= 1;
    }

    std::optional<unsigned> decode(BitReader& bits) const {
        int code = 0;
        int first = 0;
        int index = 0;
        for (unsigned length = 1; length <= kLengthMax && !bits.truncated(); ++length) {
            code |= static_cast<int>(bits.take_bit());
            const int count = counts_[length];
            if (code - count < first) return symbols_[static_cast<unsigned>(index + code - first)];
            index += count;
            first = (first + count) * 2;
            code *= 2;
        }
        return std::nullopt;
    }

private:
    std::array<std::uint16_t, kLengthMax + 1> counts_{};
    std::array<std::uint16_t, 288> symbols_{};
};

constexpr std::array<std::uint16_t, 29> kLengthBase = {3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                       15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                       67, 83, 99, 115, 131, 163, 195, 227, 258};
constexpr std::array<std::uint8_t, 29> kLengthExtra = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                       2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
constexpr std::array<std::uint8_t, 19> kCodeOrder = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                     11, 4,  12, 3, 13, 2, 14, 1, 15};

class DeflateWalk {
public:
    explicit DeflateWalk(ByteSpan bytes) : bits_(bytes) {}

    std::size_t position() const { return bits_.position(); }

    Verdict run() {
        for (;;) {
            const bool last = bits_.take(1) != 0;
            const unsigned type = bits_.take(2);
            if (bits_.truncated()) return Verdict::kTruncated;
            const bool good = type == 0   ? stored_block()
                              : type == 1 ? fixed_block()
                              : type == 2 ? dynamic_block()
                                          : false;
            if (bits_.truncated()) return Verdict::kTruncated;
            if (!good) return Verdict::kCorrupt;
            if (last) return Verdict::kFine;
        }
    }

private:
    bool stored_block() {
        bits_.to_byte_boundary();
        const unsigned size = bits_.take(16);
        const unsigned complement = bits_.take(16);
        if (bits_.truncated() || size != (~complement & 0xFFFF)) return false;
        bits_.skip_bytes(size);
        produced_ += size;
        return true;
    }

    bool fixed_block() {
        std::array<std::uint8_t, 288> lengths{};
        for (unsigned i = 0; i < 288; ++i) {
            lengths[i] = static_cast<std::uint8_t>(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8);
        }
        literals_.build(lengths.data(), 288);
        lengths.fill(5);
        distances_.build(lengths.data(), 30);
        return symbols();
    }

    bool dynamic_block() {
        const unsigned literal_count = bits_.take(5) + 257;
        const unsigned distance_count = bits_.take(5) + 1;
        const unsigned code_count = bits_.take(4) + 4;
        if (literal_count > 286 || distance_count > 30) return false;
        std::array<std::uint8_t, 19> code_lengths{};
        for (unsigned i = 0; i < code_count; ++i) {
            code_lengths[kCodeOrder[i]] = static_cast<std::uint8_t>(bits_.take(3));
        }
        HuffmanCode code;
        if (bits_.truncated() || !code.build(code_lengths.data(), 19)) return false;
        std::array<std::uint8_t, 320> lengths{};
        const unsigned total = literal_count + distance_count;
        for (unsigned filled = 0; filled < total;) {
            const std::optional<unsigned> symbol = code.decode(bits_);
            if (!symbol) return false;
            if (*symbol < 16) {
                lengths[filled++] = static_cast<std::uint8_t>(*symbol);
                continue;
            }
            if (*symbol == 16 && filled == 0) return false;
            const std::uint8_t value = *symbol == 16 ? lengths[filled - 1] : std::uint8_t{0};
            const unsigned repeat = *symbol == 16   ? 3 + bits_.take(2)
                                    : *symbol == 17 ? 3 + bits_.take(3)
                                                    : 11 + bits_.take(7);
            if (repeat > total - filled) return false;
            for (unsigned i = 0; i < repeat; ++i) lengths[filled++] = value;
        }
        return literals_.build(lengths.data(), literal_count) &&
               distances_.build(lengths.data() + literal_count, distance_count) && symbols();
    }

    bool symbols() {
        for (;;) {
            const std::optional<unsigned> symbol = literals_.decode(bits_);
            if (!symbol) return false;
            if (*symbol < 256) {
                ++produced_;
                continue;
            }
            if (*symbol == 256) return true;
            if (*symbol > 285) return false;
            const unsigned length =
                kLengthBase[*symbol - 257] + bits_.take(kLengthExtra[*symbol - 257]);
            const std::optional<unsigned> code = distances_.decode(bits_);
            if (!code || *code > 29) return false;
            const unsigned extra = *code < 4 ? 0 : *code / 2 - 1;
            const std::uint64_t distance =
                (*code < 4 ? *code + 1 : ((2 + (*code & 1)) << extra) + 1) + bits_.take(extra);
            if (bits_.truncated() || distance > produced_) return false;
            produced_ += length;
        }
    }

    BitReader bits_;
    HuffmanCode literals_;
    HuffmanCode distances_;
    std::uint64_t produced_ = 0;
};

// The size of the member's header, 0 when it is not one.
std::size_t header_size(ByteSpan member, bool& truncated) {
    constexpr unsigned kHeaderCrc = 2, kExtra = 4, kName = 8, kComment = 16;
    const auto byte_at = [&](std::size_t i) { return static_cast<unsigned>(member[i]); };
    truncated = member.size() < 10;
    if (truncated) return 0;
    if (byte_at(0) != 0x1F || byte_at(1) != 0x8B || byte_at(2) != 8) return 0;
    const unsigned flags = byte_at(3);
    ByteReader reader(member.subspan(10));
    if ((flags & kExtra) != 0) reader.read_span(reader.read<std::uint16_t>());
    for (const unsigned text : {kName, kComment}) {
        if ((flags & text) == 0) continue;
        while (reader.ok() && reader.read<std::uint8_t>() != 0) {
        }
    }
    if ((flags & kHeaderCrc) != 0) reader.read<std::uint16_t>();
    truncated = !reader.ok();
    if ((flags & 0xE0) != 0) return 0;
    return 10 + reader.position();
}

}  // namespace

std::string explain_bad_gzip(ByteSpan member) {
    bool truncated = false;
    const std::size_t header = header_size(member, truncated);
    if (truncated) return "unexpected EOF";
    if (header == 0) return "gzip: invalid header";
    DeflateWalk walk(member.subspan(header));
    switch (walk.run()) {
        case Verdict::kTruncated:
            return "unexpected EOF";
        case Verdict::kCorrupt:
            return "flate: corrupt input before offset " + std::to_string(walk.position());
        case Verdict::kFine:
            break;
    }
    if (member.size() - header - walk.position() < 8) return "unexpected EOF";
    return "gzip: invalid checksum";
}

}  // namespace sluice::http
