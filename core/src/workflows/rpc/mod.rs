//! The methods of the Workflows API, one file each.
