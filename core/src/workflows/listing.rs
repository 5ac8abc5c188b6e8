//! Listings that print as tables.

use std::fmt::{self, Write as _};
use std::ops::Deref;

use comfy_table::{LineStyle, Table, TableStyle};
use unicode_width::UnicodeWidthStr as _;

use crate::notebook::{self, Escaped, STYLE};
use crate::schema::excerpt::excerpt;

/// Width of a printed table, in terminal columns.
const WIDTH: usize = 120;
/// Maximum number of printed rows.
const MAX_ROWS: usize = 100;
/// Maximum number of characters of a cell. An id has 36.
const MAX_CELL: usize = 48;
/// A single line, below the header.
const TABLE_STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::new('─', '─', '─', '─'));

/// The elements that a call listed, in the order of the server. Prints as a table.
///
/// It is used like a slice, and converts into a vector.
///
/// ```no_run
/// # use tilebox_core as tilebox_tokio;
/// # async fn example(client: tilebox_core::Client) -> tilebox_core::Result<()> {
/// let clusters = client.clusters().all().await?;
/// println!("{clusters}");
/// let deletable = clusters.iter().filter(|cluster| cluster.is_deletable).count();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T>(Vec<T>);

impl<T> Listing<T> {
    /// Returns the elements.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T: TableRow> Listing<T> {
    /// Returns an HTML table with its style, for a notebook or a web page.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut html = format!("<div class=\"tilebox\">{STYLE}\n");
        // Writing to a string cannot fail.
        let _ = self.write_html(&mut html);
        html.push_str("</div>\n");
        html
    }

    fn write_html(&self, html: &mut String) -> fmt::Result {
        let excerpt = Excerpt::new(&self.0, usize::MAX);
        if !excerpt.columns.is_empty() {
            html.push_str("<table>\n<thead><tr>");
            for column in &excerpt.columns {
                write!(html, "<th>{}</th>", Escaped(column.name))?;
            }
            html.push_str("</tr></thead>\n<tbody>\n");
            for row in 0..excerpt.rows {
                html.push_str("<tr>");
                for column in &excerpt.columns {
                    write!(html, "<td>{}</td>", Escaped(column.cell(row)))?;
                }
                html.push_str("</tr>\n");
            }
            html.push_str("</tbody>\n</table>\n");
        }
        writeln!(html, "<p class=\"shape\">{}</p>", Escaped(&self.footer(&excerpt)))
    }

    /// Shows it as a table below a cell of a notebook. evcxr calls this method.
    #[doc(hidden)]
    pub fn evcxr_display(&self) {
        notebook::show(self, &self.to_html());
    }

    fn footer(&self, excerpt: &Excerpt) -> String {
        let count = self.0.len();
        let mut footer = format!("{count} {}", if count == 1 { T::NAMES[0] } else { T::NAMES[1] });
        if excerpt.rows < count {
            let _ = write!(footer, ", the first {} shown", excerpt.rows);
        }
        if !excerpt.hidden.is_empty() {
            let columns = if excerpt.hidden.len() == 1 { "column" } else { "columns" };
            let _ = write!(footer, ", {} more {columns}: {}", excerpt.hidden.len(), excerpt.hidden.join(", "));
        }
        footer
    }
}

/// A table with the first 100 elements and the columns that fit 120 terminal columns, followed by the number of elements.
impl<T: TableRow> fmt::Display for Listing<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let excerpt = Excerpt::new(&self.0, WIDTH);
        if !excerpt.columns.is_empty() {
            let mut table = Table::new();
            table.load_style(TABLE_STYLE);
            table.set_header(excerpt.columns.iter().map(|column| column.name));
            for row in 0..excerpt.rows {
                table.add_row(excerpt.columns.iter().map(|column| column.cell(row)));
            }
            writeln!(f, "{}", table.trim_fmt())?;
        }
        f.write_str(&self.footer(&excerpt))
    }
}

impl<T> Deref for Listing<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> From<Vec<T>> for Listing<T> {
    fn from(elements: Vec<T>) -> Self {
        Self(elements)
    }
}

impl<T> From<Listing<T>> for Vec<T> {
    fn from(listing: Listing<T>) -> Self {
        listing.0
    }
}

impl<T> FromIterator<T> for Listing<T> {
    fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl<T> IntoIterator for Listing<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Listing<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// An element of a [`Listing`], a row of its table.
pub trait TableRow {
    /// The name of one element and of several: `["cluster", "clusters"]`.
    const NAMES: [&'static str; 2];
    /// The names of the columns, the most important first: those that do not fit are omitted.
    const COLUMNS: &'static [&'static str];

    /// Returns the text of each column. The table omits control characters, and shortens long text.
    fn cells(&self) -> Vec<String>;
}

/// The rows and columns of a printed table.
struct Excerpt {
    rows: usize,
    columns: Vec<Column>,
    /// Names of the columns that do not fit.
    hidden: Vec<&'static str>,
}

struct Column {
    name: &'static str,
    cells: Vec<String>,
}

impl Excerpt {
    fn new<T: TableRow>(elements: &[T], width: usize) -> Self {
        let mut columns: Vec<_> = T::COLUMNS.iter().map(|name| Column { name, cells: Vec::new() }).collect();
        let mut rows = 0;
        for element in elements.iter().take(MAX_ROWS) {
            rows += 1;
            for (column, cell) in columns.iter_mut().zip(element.cells()) {
                column.cells.push(excerpt(&cell, MAX_CELL));
            }
        }
        columns.retain(|column| column.cells.iter().any(|cell| !cell.is_empty()));
        let (mut shown, mut hidden, mut used) = (Vec::new(), Vec::new(), 0);
        for column in columns {
            // A column has a space on either side and one before the next column. The first one is always shown.
            let needed = column.width() + 3;
            if shown.is_empty() || needed < width.saturating_sub(used) {
                used += needed;
                shown.push(column);
            } else {
                hidden.push(column.name);
            }
        }
        Self { rows, columns: shown, hidden }
    }
}

impl Column {
    fn cell(&self, row: usize) -> &str {
        self.cells.get(row).map_or("", String::as_str)
    }

    /// Returns the width of the widest text, in terminal columns.
    fn width(&self) -> usize {
        self.cells.iter().map(|cell| cell.width()).fold(self.name.width(), usize::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scene(&'static str, &'static str, String);

    impl TableRow for Scene {
        const NAMES: [&'static str; 2] = ["scene", "scenes"];
        const COLUMNS: &'static [&'static str] = &["name", "place", "note"];

        fn cells(&self) -> Vec<String> {
            vec![self.0.to_owned(), self.1.to_owned(), self.2.clone()]
        }
    }

    #[test]
    fn a_listing_prints_a_table_and_its_length() {
        let listing = Listing::from(vec![Scene("a", "", "x".to_owned()), Scene("bcd", "", "y".to_owned())]);
        assert_eq!(listing.to_string(), "  name   note\n───────────────\n  a      x\n  bcd    y\n2 scenes");
        assert_eq!(Listing::<Scene>::from(Vec::new()).to_string(), "0 scenes");
        assert_eq!(listing.iter().map(|scene| scene.0).collect::<Vec<_>>(), ["a", "bcd"]);
    }

    #[test]
    fn text_of_the_server_is_one_line_and_escaped() {
        let evil = "<b>\u{1b}[2J\n\u{202e}x".to_owned();
        let listing: Listing<_> = [Scene("a", "b", evil)].into_iter().collect();
        let text = listing.to_string();
        assert!(text.contains("<b> [2J x") && text.ends_with("1 scene"), "{text}");
        let html = listing.to_html();
        assert!(html.contains("<td>&lt;b&gt; [2J x</td>") && !html.contains("<b>"), "{html}");
        assert!(html.contains("<p class=\"shape\">1 scene</p>"), "{html}");
    }

    #[test]
    fn a_table_is_limited_in_rows_and_width() {
        let scenes = (0..150).map(|number| Scene("東京", "x", format!("{number} {}", "long ".repeat(40))));
        let listing: Listing<_> = scenes.collect();
        let text = listing.to_string();
        assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
        assert!(text.ends_with("150 scenes, the first 100 shown"), "{text}");
        let narrow = Excerpt::new(&listing, 20);
        assert_eq!((narrow.columns.len(), narrow.hidden.as_slice()), (2, ["note"].as_slice()));
        assert_eq!(listing.footer(&narrow), "150 scenes, the first 100 shown, 1 more column: note");
    }
}
