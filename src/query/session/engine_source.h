// The engine as a DataSource: one is made for each core.
#pragma once

#include <memory>

#include "query/session/data_source.h"

namespace sluice::engine {
class Core;
}

namespace sluice::query {

// `core` outlives the source.
std::unique_ptr<DataSource> make_engine_source(engine::Core& core);

}  // namespace sluice::query
