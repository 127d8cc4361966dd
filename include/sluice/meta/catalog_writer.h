// The one writer of the catalog: takes changes, makes them durable, publishes snapshots.
//
// Changes that come while one is being written are gathered and share the next write. A snapshot is
// published only when its changes are durable, and before change() completes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/io/event.h"
#include "sluice/io/gate.h"
#include "sluice/io/task.h"
#include "sluice/meta/catalog.h"
#include "sluice/meta/catalog_editor.h"

namespace sluice::io {
class Reactor;
}

namespace sluice::meta {

class CatalogLog;

// The damage that opening found; all zero after an orderly stop.
struct CatalogDamage {
    bool torn_tail = false;  // normal after a crash
    // A sentence each: files that were damaged or missing, and what could not be had back.
    std::vector<std::string> findings;
    std::vector<std::string> losses;
    // Losses that earlier starts found and wrote down, until somebody removes the files.
    std::vector<std::string> remembered;
    // There was a catalog, and nothing at all is left of it.
    bool lost_everything = false;

    // All, and the word that nothing is lost where that is so.
    std::vector<std::string> sentences() const;
    void report() const;  // to the log
};

// Lives on the catalog's core. stop() completes before destruction.
class CatalogWriter {
public:
    using Change = CatalogChange;
    using Publish = std::function<void(const std::shared_ptr<const Catalog>&)>;

    // Opens or makes the catalog in `directory` and its copy in `directory`-copy, whose parent
    // exists. Damage does not keep it from opening: see damage(). kUnsupported: a later version
    // wrote it. Other errors: it cannot be made, or not be read now though it may be whole.
    static io::Task<Result<std::unique_ptr<CatalogWriter>>> open(io::Reactor& reactor,
                                                                 std::string directory);
    ~CatalogWriter();

    // The newest durable state.
    const std::shared_ptr<const Catalog>& catalog() const { return catalog_; }
    void set_publish(Publish publish) { publish_ = std::move(publish); }

    // Runs `change` on the state after all changes before it. Its own error is passed on and
    // changes nothing. kNoSpace, kIo: the log cannot be written; nothing has changed, though a
    // restart may find the change done. Completes with the snapshot that contains the change.
    io::Task<Result<std::shared_ptr<const Catalog>>> change(Change change);

    const CatalogDamage& damage() const { return damage_; }
    // The stores hold shard groups up to this one, beyond those that the catalog ever made: it has
    // lost changes that nothing in its own files tells of.
    io::Task<void> note_unknown_groups(std::uint64_t last_group);
    // What was lost and what came back of it, a sentence each, for damage(), log and later starts.
    io::Task<void> note_rebuilding(std::vector<std::string> sentences);
    // A sentence for each copy that cannot be written; the other one does.
    std::vector<std::string> troubles() const;
    std::uint64_t log_bytes() const;
    std::uint64_t commits() const { return commits_; }
    // The last write failed; the next change tries again.
    bool is_failing() const { return failing_; }
    // After a failed write the log may hold a change that was reported as failed. As long as
    // needs_healing() is true, heal() is called now and then; it makes a new log.
    bool needs_healing() const;
    io::Task<void> heal();

    // Changes under way end first; no change() after it.
    io::Task<void> stop();

private:
    struct Pending {
        explicit Pending(Change change_) : change(std::move(change_)) {}
        Change change;
        Result<void> result;
        bool done = false;
    };

    CatalogWriter(io::Reactor& reactor, std::unique_ptr<CatalogLog> log);
    io::Task<void> commit_queued();
    io::Task<Result<void>> make_durable(ByteSpan changes);

    io::Reactor& reactor_;
    std::unique_ptr<CatalogLog> log_;
    std::shared_ptr<const Catalog> catalog_;
    CatalogDamage damage_;
    Publish publish_;

    std::vector<Pending*> queue_;
    io::Event committed_;
    bool committing_ = false;
    bool failing_ = false;
    std::uint64_t commits_ = 0;
    io::Gate gate_;
};

}  // namespace sluice::meta
