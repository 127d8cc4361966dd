// The catalog's files: any bytes are read without a fault, and what was understood of a log is
// written as a snapshot that reads back as the same catalog.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "meta/draft/catalog_draft.h"
#include "meta/log/catalog_recovery.h"
#include "meta/log/catalog_snapshot.h"

namespace {

using namespace sluice;
using namespace sluice::meta;

std::vector<std::byte> snapshot_of(const Catalog& catalog) {
    CatalogSnapshotEncoder encoder(catalog, 1, 0);
    ByteWriter out;
    while (encoder.next(out)) {
    }
    return {out.data(), out.data() + out.size()};
}

void check_round_trip(const Catalog& catalog) {
    const std::vector<std::byte> bytes = snapshot_of(catalog);
    CatalogDraft draft{Catalog{}};
    if (!load_snapshot(bytes, 1, draft).ok()) std::abort();
    if (snapshot_of(*draft.finish()) != bytes) std::abort();
}

// Only bytes of a later version are refused.
void check_recovery(const std::vector<CatalogFiles>& copies) {
    const Result<CatalogRecovery> recovery = recover_catalog(copies);
    if (recovery.ok()) {
        check_round_trip(*recovery->catalog);
    } else if (recovery.error().kind != ErrorKind::kUnsupported) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
    // Checksums keep a fuzzer out, so operations are also tried by themselves.
    for (const Misfit misfit : {Misfit::kRefuse, Misfit::kSkip}) {
        CatalogDraft draft{Catalog{}};
        if (draft.apply(input, misfit).ok()) check_round_trip(*draft.finish());
    }
    // As one copy, as the second one beside a good first one, and as the only snapshot.
    std::vector<CatalogFiles> copies(1);
    copies[0].snapshots[1] = snapshot_of(Catalog{});
    copies[0].logs[1].assign(input.begin(), input.end());
    check_recovery(copies);
    copies.push_back(copies[0]);
    copies[1].snapshots[2] = copies[1].logs[1];
    check_recovery(copies);
    copies[0].snapshots.clear();
    check_recovery(copies);
    return 0;
}
