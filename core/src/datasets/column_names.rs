//! The names of selected columns.

/// Types that select columns: a name, or a list of names.
///
/// Collect an iterator into a `Vec` first.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not select columns",
    label = "expects a name, or an array, a slice or a `Vec` of names",
    note = "collect an iterator into a `Vec` first"
)]
pub trait IntoColumnNames {
    /// Converts the value to names.
    fn into_column_names(self) -> Vec<String>;
}

impl IntoColumnNames for &str {
    fn into_column_names(self) -> Vec<String> {
        vec![self.to_owned()]
    }
}

impl IntoColumnNames for String {
    fn into_column_names(self) -> Vec<String> {
        vec![self]
    }
}

impl IntoColumnNames for &String {
    fn into_column_names(self) -> Vec<String> {
        vec![self.clone()]
    }
}

impl<Name: AsRef<str>> IntoColumnNames for &[Name] {
    fn into_column_names(self) -> Vec<String> {
        self.iter().map(|name| name.as_ref().to_owned()).collect()
    }
}

impl<Name: AsRef<str>> IntoColumnNames for Vec<Name> {
    fn into_column_names(self) -> Vec<String> {
        self.as_slice().into_column_names()
    }
}

impl<Name: AsRef<str>> IntoColumnNames for &Vec<Name> {
    fn into_column_names(self) -> Vec<String> {
        self.as_slice().into_column_names()
    }
}

impl<Name: AsRef<str>, const N: usize> IntoColumnNames for [Name; N] {
    fn into_column_names(self) -> Vec<String> {
        self.as_slice().into_column_names()
    }
}

impl<Name: AsRef<str>, const N: usize> IntoColumnNames for &[Name; N] {
    fn into_column_names(self) -> Vec<String> {
        self.as_slice().into_column_names()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_and_lists_of_names_select_columns() {
        let owned = ["time".to_owned(), "id".to_owned()];
        assert_eq!("time".into_column_names(), ["time"]);
        assert_eq!(owned[0].clone().into_column_names(), ["time"]);
        for names in
            [["time", "id"].into_column_names(), (&owned).into_column_names(), owned.to_vec().into_column_names()]
        {
            assert_eq!(names, owned);
        }
    }
}
