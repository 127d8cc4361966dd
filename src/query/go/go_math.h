// The elementary functions as Go's package math computes them on amd64, to the last bit.
//
// The C library is as good, but rounds differently, and query answers show every digit. Algorithms:
// Cephes (sin, cos, tan, atan), FreeBSD's e_log.c (log), the series of Go's exp_amd64.s with fused
// multiply-adds, Payne and Hanek for large angles. sqrt, floor, ceil and trunc are exact
// everywhere.
#pragma once

namespace sluice::query {

double go_sin(double x);
double go_cos(double x);
double go_tan(double x);
double go_asin(double x);
double go_acos(double x);
double go_atan(double x);
double go_atan2(double y, double x);
double go_exp(double x);
double go_log(double x);
double go_log2(double x);
double go_log10(double x);
double go_pow(double x, double y);
// query/math.go: halves away from zero.
double go_round(double x);

}  // namespace sluice::query
