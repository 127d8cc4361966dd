// The language's name for regular expressions.
#pragma once

#include "sluice/base/regex.h"

namespace sluice::influxql {

using sluice::Regex;

}  // namespace sluice::influxql
