// Writes a workload as line protocol, to standard output or as one file for each batch.
#include <cstdio>
#include <filesystem>
#include <string>

#include "options.h"
#include "workload.h"

namespace {

std::string usage() {
    std::string text =
        "usage: generate [--shape NAME] [--lines N] [--series N] [--seed N] [--start NS]\n"
        "                [--interval NS] [--batch LINES --out DIRECTORY]\n"
        "shapes:\n";
    for (const auto& shape : sluice::perf::workload_shapes()) {
        text += "  " + std::string(shape.name) + "\t" + std::string(shape.description) + "\n";
    }
    return text;
}

bool write_all(std::FILE* file, const std::string& text) {
    return std::fwrite(text.data(), 1, text.size(), file) == text.size();
}

bool write_file(const std::string& path, const std::string& text) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    if (file == nullptr) return false;
    const bool written = write_all(file, text);
    return std::fclose(file) == 0 && written;
}

}  // namespace

int main(int argc, char** argv) {
    sluice::perf::WorkloadOptions workload_options;
    std::uint64_t line_count = 10'000;
    std::uint64_t batch_lines = 5'000;
    std::string directory;
    sluice::perf::Options options(usage());
    options.add("shape", workload_options.shape);
    options.add("series", workload_options.series_count);
    options.add("seed", workload_options.seed);
    options.add("start", workload_options.start_ns);
    options.add("interval", workload_options.interval_ns);
    options.add("lines", line_count);
    options.add("batch", batch_lines);
    options.add("out", directory);
    options.parse(argc, argv);
    const auto workload = sluice::perf::Workload::make(workload_options);
    if (workload == nullptr || batch_lines == 0) options.fail("--shape or --batch");
    if (!directory.empty()) std::filesystem::create_directories(directory);

    std::string batch;
    for (std::uint64_t line = 0, file_number = 0; line < line_count; ++file_number) {
        batch.clear();
        for (std::uint64_t i = 0; i < batch_lines && line < line_count; ++i, ++line) {
            workload->append_line(batch);
        }
        char name[32];
        std::snprintf(name, sizeof name, "/%06llu.lp",
                      static_cast<unsigned long long>(file_number));
        if (directory.empty() ? !write_all(stdout, batch) : !write_file(directory + name, batch)) {
            std::perror("generate");
            return 1;
        }
    }
    return 0;
}
