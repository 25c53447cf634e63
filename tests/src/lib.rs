//! Cross-engine tests live beside this file, one target each.
