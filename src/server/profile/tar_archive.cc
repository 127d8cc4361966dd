#include "server/profile/tar_archive.h"

#include <cstdio>
#include <cstring>

#include "sluice/base/check.h"
#include "sluice/base/units.h"

namespace sluice::server {
namespace {

constexpr std::size_t kBlockBytes = 512;

// The head of a file, in its places (pax(1), "ustar Interchange Format"). Numbers are octal.
struct Head {
    char name[100];
    char mode[8];
    char user[8];
    char group[8];
    char size[12];
    char time[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[6];
    char version[2];
    char rest[247];
};
static_assert(sizeof(Head) == kBlockBytes);

template <std::size_t N>
void put_octal(char (&field)[N], std::uint64_t value) {
    std::snprintf(field, N, "%0*llo", static_cast<int>(N - 1),
                  static_cast<unsigned long long>(value));
}

}  // namespace

void TarArchive::add(std::string_view name, std::string_view content, std::int64_t wall_ns) {
    Head head = {};
    SLUICE_CHECK(name.size() < sizeof head.name);
    std::memcpy(head.name, name.data(), name.size());
    put_octal(head.mode, 0644);
    put_octal(head.user, 0);
    put_octal(head.group, 0);
    put_octal(head.size, content.size());
    put_octal(head.time, static_cast<std::uint64_t>(wall_ns / kSecondNs));
    head.type = '0';
    std::memcpy(head.magic, "ustar", sizeof head.magic);
    std::memset(head.version, '0', sizeof head.version);
    // The sum is made with blanks in its own place.
    std::memset(head.checksum, ' ', sizeof head.checksum);
    unsigned sum = 0;
    const auto* const bytes = reinterpret_cast<const unsigned char*>(&head);
    for (std::size_t i = 0; i < sizeof head; ++i) sum += bytes[i];
    std::snprintf(head.checksum, sizeof head.checksum, "%06o", sum);
    bytes_.append(reinterpret_cast<const char*>(&head), sizeof head);
    bytes_ += content;
    bytes_.append((kBlockBytes - content.size() % kBlockBytes) % kBlockBytes, '\0');
}

std::string TarArchive::finish() {
    bytes_.append(2 * kBlockBytes, '\0');
    return std::move(bytes_);
}

}  // namespace sluice::server
