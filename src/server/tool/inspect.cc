#include "server/tool/inspect.h"

#include "server/tool/console.h"
#include "server/tool/parquet_dump.h"
#include "sluice/io/reactor.h"
#include "sluice/meta/inspect.h"
#include "sluice/storage/inspect.h"

namespace sluice::server {

io::Task<Result<void>> inspect(io::Reactor& reactor, std::string path, bool rows) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    const std::string_view name = file_name_of(path);
    // The files of a catalog mean something together only.
    const bool in_catalog = name.starts_with("catalog-");
    if (name == "meta" || name == "meta-copy" || in_catalog) {
        const std::size_t slash = path.rfind('/');
        if (in_catalog) path = slash == path.npos ? "." : path.substr(0, slash);
        Result<void> done = co_await meta::dump_catalog(reactor, path, print_line);
        co_return done;
    }
    if (name.starts_with("MANIFEST")) {
        Result<void> done = co_await storage::dump_manifest(reactor, path, print_line);
        co_return done;
    }
    if (name.ends_with(".seg")) {
        Result<void> done = co_await storage::dump_segment_file(reactor, path, rows, print_line);
        co_return done;
    }
    if (name.ends_with(".log")) {
        Result<void> done = co_await storage::dump_log(reactor, path, rows, print_line);
        co_return done;
    }
    if (name.ends_with(".parquet")) co_return dump_parquet(path, rows, print_line);
    co_return Error{ErrorKind::kInvalid, path +
                                             ": not a segment (.seg), a log (.log), a manifest, "
                                             "the directory of a catalog (meta) or a Parquet file "
                                             "(.parquet)"};
}

}  // namespace sluice::server
