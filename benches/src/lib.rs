//! Criterion benches live beside this file, one target each.
