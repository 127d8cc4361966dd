// Damage to the files of the catalog as disks and operators do it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "sluice/base/random.h"
#include "sluice/base/units.h"
#include "support/sim_disk.h"

namespace sluice::engine {

// Damages one copy of the catalog at a time, between two lives.
class CatalogDamager {
public:
    explicit CatalogDamager(Random& random) : random_(random) {}

    // `healed`: a start has come to its end since the last damage, and both copies are whole.
    void damage(io::SimDisk& disk, bool healed) {
        if (healed) copy_ = random_.below(2) == 0 ? "data/meta/" : "data/meta-copy/";
        std::vector<std::string> files;
        for (const std::string& path : disk.files()) {
            if (path.starts_with(copy_)) files.push_back(path);
        }
        if (files.empty()) return;
        if (random_.below(8) == 0) {
            for (const std::string& path : files) disk.erase(path);
        } else {
            damage_file(disk, files[random_.below(files.size())]);
        }
    }

private:
    void damage_file(io::SimDisk& disk, const std::string& path) {
        std::vector<std::byte> content = disk.content(path);
        if (random_.below(5) == 0) return disk.erase(path);
        // Most of a log is zeros.
        const std::size_t at = random_.below(
            random_.below(2) == 0 ? content.size() + 1
                                  : std::min<std::size_t>(content.size(), 64 * kKiB) + 1);
        switch (random_.below(4)) {
            case 0:
                if (at < content.size()) content[at] ^= std::byte{1} << random_.below(8);
                break;
            case 1:
                content.resize(at);
                break;
            case 2:
                for (std::size_t i = at; i < std::min(at + 4096, content.size()); ++i) {
                    content[i] = static_cast<std::byte>(random_.next());
                }
                break;
            default:
                std::fill_n(content.begin() + static_cast<long>(at),
                            std::min<std::size_t>(4096, content.size() - at), std::byte{0});
        }
        disk.overwrite(path, content);
    }

    Random& random_;
    std::string copy_;
};

}  // namespace sluice::engine
