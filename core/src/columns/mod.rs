//! Page bytes to Arrow columns.
