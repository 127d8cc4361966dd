// NelderMead minimises a function of several parameters by moving a simplex (Nelder and Mead,
// 1965).
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

// The function may change the parameters that it is called with: holt_winters() pushes them into
// their bounds.
using ObjectiveFunction = std::function<double(std::vector<double>&)>;

// The search goes in steps, between which other work can run. Each step calls the objective a few
// times at most.
class NelderMead {
public:
    // Begins with a simplex of edge length 1 at `start`; ends when the values at its corners differ
    // by less than `epsilon`, or after 1000 moves.
    NelderMead(ObjectiveFunction objective, const std::vector<double>& start, double epsilon);

    // Moves the simplex once, and returns false when the search has ended.
    bool step();
    // Returns the best of the corners as they are. It calls the objective.
    Minimum minimum();

private:
    using Corner = std::vector<double>;

    void move();
    bool is_flat() const;
    Corner from_center(double factor, const Corner& a, const Corner& b) const;
    void rank_corners();
    void find_center();
    void replace_worst(const Corner& corner, double value);
    void expand(const Corner& reflected, double reflected_value);
    void contract(const Corner& reflected, double reflected_value);
    void shrink();

    // The simplex has a corner more than there are dimensions. best_, worst_ and second_worst_ are
    // corners, as the last rank_corners() found them; each move replaces the worst one.
    const ObjectiveFunction objective_;
    const std::size_t dimensions_;
    const double epsilon_;
    std::vector<Corner> corners_;
    std::vector<double> values_;  // of the first corners at first, then of all
    int moves_ = 0;
    Corner center_;
    std::size_t best_ = 0;
    std::size_t worst_ = 0;
    std::size_t second_worst_ = 0;
};

}  // namespace sluice::query
