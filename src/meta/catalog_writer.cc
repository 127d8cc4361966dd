// One writer for all changes of the catalog: they gather into groups, become durable, and only then
// visible.
#include "sluice/meta/catalog_writer.h"

#include <utility>

#include "meta/draft/catalog_format.h"
#include "meta/log/catalog_log.h"
#include "sluice/base/log.h"
#include "sluice/io/reactor.h"

namespace sluice::meta {

namespace {

// More sentences than these say no more.
constexpr std::size_t kSentencesMax = 16;

}  // namespace

// The worst first: what is lost, what was found, and what an earlier start had found.
std::vector<std::string> CatalogDamage::sentences() const {
    std::vector<std::string> all = losses;
    all.insert(all.end(), findings.begin(), findings.end());
    for (const std::string& each : remembered) all.push_back("found at an earlier start: " + each);
    if (all.size() > kSentencesMax) {
        const std::size_t left_out = all.size() - kSentencesMax;
        all.resize(kSentencesMax);
        all.push_back(std::to_string(left_out) + " more");
    }
    if (losses.empty() && !findings.empty()) all.emplace_back("nothing of the catalog is lost");
    return all;
}

void CatalogDamage::report() const {
    const bool is_loss = !losses.empty();
    for (const std::string& sentence : sentences()) {
        log(is_loss ? LogLevel::kError : LogLevel::kWarn, "the catalog was damaged",
            {{"what", sentence}});
    }
}

CatalogWriter::CatalogWriter(io::Reactor& reactor, std::unique_ptr<CatalogLog> log)
    : reactor_(reactor), log_(std::move(log)) {}
CatalogWriter::~CatalogWriter() = default;

io::Task<Result<std::unique_ptr<CatalogWriter>>> CatalogWriter::open(io::Reactor& reactor,
                                                                     std::string directory) {
    auto log = std::make_unique<CatalogLog>(reactor, std::move(directory));
    Result<CatalogRecovery> recovery = co_await log->open();
    if (!recovery.ok()) {
        co_await log->close();
        co_return std::move(recovery).error();
    }
    std::unique_ptr<CatalogWriter> writer(new CatalogWriter(reactor, std::move(log)));
    writer->catalog_ = recovery->catalog;
    writer->damage_ = {recovery->torn_tail, recovery->findings, recovery->losses,
                       recovery->remembered, recovery->lost_everything};
    writer->damage_.report();
    co_return writer;
}

std::uint64_t CatalogWriter::log_bytes() const {
    return log_->log_bytes();
}

// Pending lies in this frame, which waits until it is done; queue_ and the group that is being
// committed only point to it. One task commits at a time, and whoever finds none running starts it.
io::Task<Result<std::shared_ptr<const Catalog>>> CatalogWriter::change(Change change) {
    Pending pending(std::move(change));
    queue_.push_back(&pending);
    if (!committing_) {
        committing_ = true;
        gate_.spawn(commit_queued());
    }
    while (!pending.done) co_await committed_.wait();
    if (!pending.result.ok()) co_return std::move(pending.result).error();
    co_return catalog_;
}

io::Task<void> CatalogWriter::commit_queued() {
    // Whoever comes in the same turn shares the write.
    co_await reactor_.yield();
    std::vector<Pending*> group;
    while (!queue_.empty()) {
        group.clear();
        std::swap(group, queue_);
        // One editor for the whole group: each change sees what those before it in the group did. A
        // change that refuses has edited nothing, and the others are not affected.
        CatalogEditor editor(*catalog_);
        std::size_t taken = 0;
        while (taken < group.size() && editor.changes().size() < kCatalogGroupBytes) {
            Pending& pending = *group[taken++];
            pending.result = pending.change(editor);
            if (reactor_.needs_yield()) co_await reactor_.yield();
        }
        // What did not fit into this write goes back to the front, so that changes stay in the
        // order in which they came.
        queue_.insert(queue_.begin(), group.begin() + static_cast<std::ptrdiff_t>(taken),
                      group.end());
        group.resize(taken);
        Result<void> durable;
        if (editor.changed()) {
            durable = co_await make_durable(editor.changes());
        } else if (log_->needs_healing()) {
            (void)co_await log_->compact(*catalog_);
        }
        // Durable first, then visible: no reader ever acts on a change that a restart would not
        // find.
        if (durable.ok() && editor.changed()) {
            catalog_ = std::move(editor).finish();
            if (publish_) publish_(catalog_);
        }
        for (Pending* pending : group) {
            if (!durable.ok() && pending->result.ok()) pending->result = durable;
            pending->done = true;
        }
        committed_.notify_all();
    }
    committing_ = false;
}

// A change whose write failed is an error for whoever asked for it, and yet it may be on one of the
// disks. So it must never be found later: the history that contains it is ended, and goes on in a
// new generation.
io::Task<Result<void>> CatalogWriter::make_durable(ByteSpan changes) {
    Result<void> done;
    if (!log_->can_append() || log_->wants_compaction()) {
        done = co_await log_->compact(*catalog_);
    }
    // A compaction that was only due and failed does not stand in the way.
    if (log_->can_append()) {
        done = co_await log_->append(changes);
        // The change may be on disk all the same. What is built on the state without it must not
        // be lost to a restart that finds it: history goes on elsewhere, now.
        if (!done.ok()) (void)co_await log_->compact(*catalog_);
    }
    if (done.ok()) ++commits_;
    if (done.ok() == failing_) {
        failing_ = !done.ok();
        if (failing_) {
            log_error("the catalog cannot be written", {{"error", done.error().message}});
        } else {
            log_info("the catalog can be written again");
        }
    }
    co_return done;
}

bool CatalogWriter::needs_healing() const {
    return log_->needs_healing();
}

std::vector<std::string> CatalogWriter::troubles() const {
    return log_->troubles();
}

// Ids of groups are never used twice. Where stores know higher ones than the catalog, the catalog
// has lost its newest part, and that must be said at every later start, too.
io::Task<void> CatalogWriter::note_unknown_groups(std::uint64_t last_group) {
    const std::uint64_t known = catalog_->last_group_id;
    damage_.lost_everything = damage_.lost_everything || known == 0;
    damage_.losses.push_back(
        "the stores hold points of shard groups up to " + std::to_string(last_group) +
        (known == 0 ? ", and the catalog, being empty, knows none of them"
                    : ", and the catalog knows only those up to " + std::to_string(known)));
    log_error("the catalog was damaged", {{"what", damage_.losses.back()}});
    std::vector<std::string> losses(1, damage_.losses.back());
    co_await log_->remember(std::move(losses));
}

io::Task<void> CatalogWriter::note_rebuilding(std::vector<std::string> sentences) {
    for (const std::string& each : sentences) {
        log_error("the catalog was damaged", {{"what", each}});
        damage_.losses.push_back(each);
    }
    co_await log_->remember(std::move(sentences));
}

// An empty change: the next group that is committed makes the missing copy anew.
io::Task<void> CatalogWriter::heal() {
    (void)co_await change([](CatalogEditor&) { return Result<void>(); });
}

// The gate first, so that changes under way become durable; then the mark of an orderly end, by
// which the next start knows that nothing is missing.
io::Task<void> CatalogWriter::stop() {
    co_await gate_.close();
    co_await log_->end();
    co_await log_->close();
}

}  // namespace sluice::meta
