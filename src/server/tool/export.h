// `sluice export`: the points of a data directory as line protocol, whatever state it is in.
//
// The form is that of `influx_inspect export`, which `influx -import` reads. Points of one series
// that were written several times come several times, in the order of the writes.
#pragma once

#include <string>

#include "server/export/export_selection.h"
#include "sluice/base/result.h"

namespace sluice::server {

struct ExportOptions {
    std::string directory;
    ExportSelection selection;
    std::string out;  // empty: standard output
    bool compress = false;
    bool lines_only = false;  // neither statements nor comments
    std::string scratch;      // for copies of what is not in segments; empty: $TMPDIR or /var/tmp
};

// True: everything was read. What was not is named on standard error. A server may have the
// directory: then all is written that it had acknowledged before the call. Blocks until it is done.
Result<bool> export_lines(const ExportOptions& options);

}  // namespace sluice::server
