#include "sluice/storage/live_files.h"

#include <functional>
#include <span>

#include "sluice/base/bytes.h"
#include "storage/files/file_names.h"
#include "storage/manifest/manifest_format.h"

namespace sluice::storage {
namespace {

ByteSpan bytes_of(const std::map<std::string, std::string>& files, const std::string& path) {
    const auto found = files.find(path.substr(path.rfind('/') + 1));
    return found == files.end() ? ByteSpan() : std::as_bytes(std::span(found->second));
}

}  // namespace

// As an opening chooses: the highest number whose first record is intact counts.
std::optional<LiveFiles> live_files(const std::string& store,
                                    const std::map<std::string, std::string>& manifests) {
    std::set<std::uint64_t, std::greater<>> numbers;
    for (const auto& [name, bytes] : manifests) {
        auto number = parse_manifest_name(name);
        if (!number) number = parse_manifest_copy_name(name);
        if (number) numbers.insert(*number);
    }
    for (const std::uint64_t number : numbers) {
        const Result<ManifestContent> content =
            parse_manifest(bytes_of(manifests, manifest_path(store, number)),
                           bytes_of(manifests, manifest_copy_path(store, number)));
        if (!content.ok()) continue;
        if (content->records_lost != 0 || content->broken) break;
        LiveFiles live;
        for (const auto& [id, segment] : content->state.segments) {
            live.segments.insert(segment_path(store, segment.meta.group, id));
        }
        for (const auto& [log, begun] : content->state.logs) live.logs.insert(log);
        return live;
    }
    return std::nullopt;
}

}  // namespace sluice::storage
