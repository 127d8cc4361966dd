#include "codec/string_codec.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "sluice/base/check.h"
#include "sluice/base/hash.h"

namespace sluice::codec {
namespace {

constexpr std::uint8_t kDictionary = 0x01;
constexpr std::uint8_t kCompressed = 0x02;

// Less text than this is not worth a Zstandard frame.
constexpr std::size_t kCompressBytesMin = 64;
// Level 1 compresses log-like text at several hundred MB/s; higher levels gain a few per cent.
constexpr int kCompressLevel = 1;
constexpr std::size_t kSlots = 2 * std::size_t{kBlockRowsMax};

}  // namespace

struct StringScratch::Impl {
    StreamScratch stream;
    PodVector<char> text;
    std::uint32_t slots[kSlots];  // 0: free, else 1 + index into entries
    std::string_view entries[kBlockRowsMax];
    std::uint64_t ids[kBlockRowsMax];
    std::uint64_t lengths[kBlockRowsMax];
    ZSTD_CCtx* compressor = nullptr;

    Impl() = default;
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;
    ~Impl() { ZSTD_freeCCtx(compressor); }

    // Numbers the values by first appearance; how many distinct ones there are.
    std::size_t number(std::span<const std::string_view> values) {
        std::memset(slots, 0, sizeof slots);
        std::size_t distinct = 0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::size_t slot = hash_bytes(values[i]) % kSlots;
            while (slots[slot] != 0 && entries[slots[slot] - 1] != values[i]) {
                slot = (slot + 1) % kSlots;
            }
            if (slots[slot] == 0) {
                entries[distinct++] = values[i];
                slots[slot] = static_cast<std::uint32_t>(distinct);
            }
            ids[i] = slots[slot] - 1;
        }
        return distinct;
    }

    // Lengths and text of `values`; true when the text was compressed.
    bool gather(std::span<const std::string_view> values) {
        text.clear();
        for (std::size_t i = 0; i < values.size(); ++i) {
            lengths[i] = values[i].size();
            text.append(values[i]);
        }
        SLUICE_CHECK(text.size() <= kChunkTextBytesMax);
        return text.size() >= kCompressBytesMin;
    }

    // Appends the text as a Zstandard frame behind its size; false and nothing when that is no
    // gain.
    bool compress(ByteWriter& out) {
        if (compressor == nullptr) compressor = ZSTD_createCCtx();
        if (compressor == nullptr) return false;
        const std::size_t start = out.size();
        out.write(std::uint32_t{0});
        const std::size_t bound = ZSTD_compressBound(text.size());
        std::byte* place = out.append_uninitialized(bound);
        const std::size_t size =
            ZSTD_compressCCtx(compressor, place, bound, text.data(), text.size(), kCompressLevel);
        if (ZSTD_isError(size) != 0 || size + 4 + text.size() / 16 >= text.size()) {
            out.truncate(start);
            return false;
        }
        out.write_at(start, static_cast<std::uint32_t>(size));
        out.truncate(start + 4 + size);
        return true;
    }
};

StringScratch::StringScratch() : impl_(std::make_unique<Impl>()) {}
StringScratch::~StringScratch() = default;

void encode_strings(StringScratch& scratch, std::span<const std::string_view> values,
                    ByteWriter& out) {
    StringScratch::Impl& impl = *scratch.impl_;
    const std::size_t distinct = impl.number(values);
    const bool dictionary = distinct * 2 <= values.size();
    const std::size_t head = out.size();
    out.write(static_cast<std::uint8_t>(dictionary ? kDictionary : 0));
    if (dictionary) {
        out.write_varint(distinct);
        encode_stream(impl.stream, {impl.ids, values.size()}, out);
        values = {impl.entries, distinct};
    }
    const bool worth_compressing = impl.gather(values);
    encode_stream(impl.stream, {impl.lengths, values.size()}, out);
    if (worth_compressing && impl.compress(out)) {
        out.write_at(head, static_cast<std::uint8_t>((dictionary ? kDictionary : 0) | kCompressed));
    } else {
        out.write_span(as_byte_span({impl.text.data(), impl.text.size()}));
    }
}

bool decode_strings(FrameScratch& scratch, ByteReader& in, std::span<std::string_view> out,
                    PodVector<char>& text_bytes) {
    const auto head = in.read<std::uint8_t>();
    if ((head & ~(kDictionary | kCompressed)) != 0) return false;
    std::uint64_t ids[kBlockRowsMax];
    std::uint64_t lengths[kBlockRowsMax];
    std::size_t count = out.size();
    if ((head & kDictionary) != 0) {
        count = in.read_varint();
        if (count == 0 || count > out.size()) return false;
        if (!decode_stream(scratch, in, {ids, out.size()})) return false;
    }
    if (!decode_stream(scratch, in, {lengths, count})) return false;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (lengths[i] > kChunkTextBytesMax - total) return false;
        total += lengths[i];
    }
    if ((head & kCompressed) != 0) {
        const ByteSpan frame = in.read_span(in.read<std::uint32_t>());
        // The frame states its content size; only one that agrees is worth the allocation.
        if (!in.ok() || ZSTD_getFrameContentSize(frame.data(), frame.size()) != total) return false;
        text_bytes.resize_uninitialized(total);
        if (ZSTD_decompress(text_bytes.data(), total, frame.data(), frame.size()) != total) {
            return false;
        }
    } else {
        const ByteSpan plain = in.read_span(total);
        if (!in.ok()) return false;
        text_bytes.clear();
        text_bytes.append({reinterpret_cast<const char*>(plain.data()), plain.size()});
    }
    std::string_view entries[kBlockRowsMax];
    const char* text = text_bytes.data();
    for (std::size_t i = 0; i < count; ++i) {
        entries[i] = {text, lengths[i]};
        text += lengths[i];
    }
    if ((head & kDictionary) == 0) {
        std::copy_n(entries, count, out.begin());
        return true;
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (ids[i] >= count) return false;
        out[i] = entries[ids[i]];
    }
    return true;
}

}  // namespace sluice::codec
