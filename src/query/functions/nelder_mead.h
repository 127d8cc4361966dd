// Minimises a function of several parameters by moving a simplex (Nelder and Mead, 1965).
//
// holt_winters() shows the parameters it finds in every digit, so reflection, expansion,
// contraction, their order and the test for the end are those of query/neldermead.
#pragma once

#include <functional>
#include <vector>

namespace sluice::query {

struct Minimum {
    double value = 0;
    std::vector<double> parameters;
};

// May change the parameters it is called with: holt_winters() pushes them into their bounds.
using ObjectiveFunction = std::function<double(std::vector<double>&)>;

// Begins with a simplex of edge length 1 at `start`; ends when the values at its corners differ by
// less than `epsilon`, or after 1000 steps.
Minimum minimize(const ObjectiveFunction& objective, const std::vector<double>& start,
                 double epsilon);

}  // namespace sluice::query
