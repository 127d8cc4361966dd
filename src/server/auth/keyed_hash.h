// Hashes that only the holder of a key can make, of SHA-2 by OpenSSL, and the comparison that tells
// nothing by the time it takes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace sluice::server {

// Whether both are the same. The time depends on the sizes only.
bool are_equal_in_constant_time(std::string_view a, std::string_view b);

// Overwrites bytes that were secret; the compiler does not leave it out.
void wipe(char* bytes, std::size_t size);

enum class Sha2 : std::uint8_t { kSha256, kSha384, kSha512 };

struct HashCode {
    std::array<unsigned char, 64> bytes{};
    std::size_t size = 0;
    std::string_view text() const { return {reinterpret_cast<const char*>(bytes.data()), size}; }
};
// HMAC (RFC 2104).
HashCode hash_with_key(Sha2 algorithm, std::string_view key, std::string_view message);

// A KeyedHash is SHA-256 over a key that it draws for itself, and that nobody else knows, and a
// message. It is for codes that never leave the process: HMAC would guard against those who see one
// and add to the message, and costs three times as much (0.8 against 0.3 µs for a password). It
// lives on one thread.
class KeyedHash {
public:
    using Code = std::array<unsigned char, 32>;

    KeyedHash();
    ~KeyedHash();
    KeyedHash(const KeyedHash&) = delete;
    KeyedHash& operator=(const KeyedHash&) = delete;

    // Each part counts with its size: what is at the end of one is not at the beginning of another.
    Code of(std::string_view first, std::string_view second, std::string_view third);

private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string_view text_of(const KeyedHash::Code& code);
// A number to find a place by. Whoever does not know the key cannot choose it, nor learn from the
// time which it was.
std::uint64_t number_of(const KeyedHash::Code& code);

}  // namespace sluice::server
