// Runs a fuzz target over the files of the directories given, and over every shorter beginning of
// the small ones, where no fuzzing engine is at hand.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kTruncatedFileBytesMax = 4096;

// A copy of exactly `size` bytes: a sanitizer then sees a read past the end.
void run_once(const std::vector<char>& bytes, std::size_t size) {
    const std::vector<std::uint8_t> input(bytes.begin(),
                                          bytes.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(input.data(), input.size());
}

void run_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    run_once(bytes, bytes.size());
    if (bytes.size() > kTruncatedFileBytesMax) return;
    for (std::size_t size = 0; size < bytes.size(); ++size) run_once(bytes, size);
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t file_count = 0;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) continue;
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            run_file(entry.path());
            ++file_count;
        }
    }
    std::printf("%zu files\n", file_count);
    return 0;
}
