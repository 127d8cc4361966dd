#include "meta/log/catalog_files.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <utility>

#include "sluice/io/file.h"
#include "sluice/io/reactor.h"

namespace sluice::meta {
namespace {

constexpr std::string_view kPrefix = "catalog-";
constexpr std::string_view kSnapshotSuffix = ".snapshot";
constexpr std::string_view kLogSuffix = ".log";
constexpr std::string_view kSetAsideSuffix = ".damaged";
constexpr std::string_view kLossesSuffix = ".losses";
// A disk that fails now and then must not cost a copy.
constexpr int kReadAttempts = 5;

std::string file_name(std::uint64_t generation, std::string_view suffix) {
    char number[24];
    std::snprintf(number, sizeof number, "%010llu", static_cast<unsigned long long>(generation));
    return std::string(kPrefix) + number + std::string(suffix);
}

// The number behind the prefix, whatever follows it; 0: none.
std::uint64_t generation_in(std::string_view name) {
    if (!name.starts_with(kPrefix)) return 0;
    name.remove_prefix(kPrefix.size());
    std::uint64_t generation = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), generation);
    return error == std::errc() ? generation : 0;
}

// The bytes are likely there; this process may not have them now.
bool is_refusal(const Error& error) {
    return error.os_error == EACCES || error.os_error == EPERM || error.os_error == EMFILE ||
           error.os_error == ENFILE || error.os_error == ENOMEM;
}

// Lines of text; whatever else damage made of them is passed over.
void add_sentences(ByteSpan bytes, std::vector<std::string>& sentences) {
    std::string_view rest = as_text(bytes);
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        const bool readable =
            std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; });
        if (readable && !line.empty()) sentences.emplace_back(line);
    }
}

io::Task<Result<std::vector<std::byte>>> read_with_patience(io::Reactor& reactor,
                                                            std::string path) {
    Result<std::vector<std::byte>> read = co_await io::read_whole_file(reactor, path);
    for (int i = 1; i < kReadAttempts && !read.ok() && !is_refusal(read.error()); ++i) {
        read = co_await io::read_whole_file(reactor, path);
    }
    co_return read;
}

}  // namespace

std::string snapshot_file_name(std::uint64_t generation) {
    return file_name(generation, kSnapshotSuffix);
}
std::string log_file_name(std::uint64_t generation) {
    return file_name(generation, kLogSuffix);
}

std::string losses_file_name(std::uint64_t generation, int attempt) {
    const std::string number = attempt > 1 ? "." + std::to_string(attempt) : std::string();
    return file_name(generation, number + std::string(kLossesSuffix));
}

std::optional<CatalogFileName> parse_file_name(std::string_view name) {
    CatalogFileName parsed;
    if (!name.starts_with(kPrefix)) return std::nullopt;
    name.remove_prefix(kPrefix.size());
    parsed.is_log = name.ends_with(kLogSuffix);
    if (!parsed.is_log && !name.ends_with(kSnapshotSuffix)) return std::nullopt;
    name.remove_suffix(parsed.is_log ? kLogSuffix.size() : kSnapshotSuffix.size());
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), parsed.generation);
    if (error != std::errc() || end != name.data() + name.size() || parsed.generation == 0) {
        return std::nullopt;
    }
    return parsed;
}

bool is_set_aside_name(std::string_view name) {
    return name.starts_with(kPrefix) && name.find(kSetAsideSuffix) != std::string_view::npos;
}

std::string set_aside_name(const std::string& name, const std::vector<std::string>& taken) {
    const std::string first = name + std::string(kSetAsideSuffix);
    std::string aside = first;
    for (int number = 2; std::find(taken.begin(), taken.end(), aside) != taken.end(); ++number) {
        aside = first + "." + std::to_string(number);
    }
    return aside;
}

std::uint64_t CatalogFiles::last_generation() const {
    const auto last = [](const auto& by_generation) -> std::uint64_t {
        return by_generation.empty() ? 0 : by_generation.rbegin()->first;
    };
    return std::max({highest_generation, last(snapshots), last(logs), last(unreadable_snapshots),
                     last(unreadable_logs)});
}

// Everything of one copy is read into memory, whatever state it is in: a catalog is small, and what
// to make of it is decided with both copies at hand, by code that knows no files.
io::Task<CatalogFiles> read_catalog_files(io::Reactor& reactor, std::string directory) {
    CatalogFiles files;
    files.directory = directory;
    const Result<std::vector<io::DirectoryEntry>> entries =
        co_await io::list_directory(reactor, directory);
    if (!entries.ok()) {
        files.is_missing = entries.error().kind == ErrorKind::kNotFound;
        if (!files.is_missing) files.unreadable = entries.error().message;
        if (is_refusal(entries.error())) files.refused = entries.error();
        co_return files;
    }
    for (const io::DirectoryEntry& entry : *entries) {
        files.highest_generation = std::max(files.highest_generation, generation_in(entry.name));
        if (is_set_aside_name(entry.name)) files.set_aside.push_back(entry.name);
        const std::optional<CatalogFileName> name = parse_file_name(entry.name);
        if (!entry.is_file) {
            files.odd.push_back(directory + "/" + entry.name + " is no file: it is left alone");
        }
        if (entry.is_file && entry.name.starts_with(kPrefix) &&
            entry.name.ends_with(kLossesSuffix)) {
            const auto losses = co_await read_with_patience(reactor, directory + "/" + entry.name);
            if (losses.ok()) add_sentences(*losses, files.remembered);
        }
        if (!name.has_value() || !entry.is_file) continue;
        Result<std::vector<std::byte>> bytes =
            co_await read_with_patience(reactor, directory + "/" + entry.name);
        if (bytes.ok()) {
            (name->is_log ? files.logs : files.snapshots)[name->generation] =
                std::move(bytes).value();
            continue;
        }
        if (is_refusal(bytes.error())) files.refused = bytes.error();
        (name->is_log ? files.unreadable_logs : files.unreadable_snapshots)[name->generation] =
            bytes.error().message;
    }
    co_return files;
}

}  // namespace sluice::meta
