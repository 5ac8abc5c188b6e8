//! One field of a schedule.

/// A field: its name, its range of values and the names of its values.
pub(super) struct Field {
    name: &'static str,
    first: u32,
    last: u32,
    /// The names of the values, from `first` on.
    names: &'static [&'static str],
}

/// The values that a field allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Values {
    /// Bit n stands for the value n.
    bits: u64,
    /// Whether the field begins with `*` or `?`, and so does not restrict the days by itself.
    pub(super) is_any: bool,
}

impl Values {
    /// Returns whether the field allows a value.
    pub(super) fn contain(self, value: u32) -> bool {
        value < u64::BITS && self.bits >> value & 1 == 1
    }

    /// Returns the smallest allowed value that is at least `value`.
    pub(super) fn at_least(self, value: u32) -> Option<u32> {
        let rest = self.bits.checked_shr(value)?;
        (rest != 0).then(|| value + rest.trailing_zeros())
    }
}

impl Field {
    pub(super) const MINUTE: Self = Self { name: "minute", first: 0, last: 59, names: &[] };
    pub(super) const HOUR: Self = Self { name: "hour", first: 0, last: 23, names: &[] };
    pub(super) const DAY: Self = Self { name: "day of the month", first: 1, last: 31, names: &[] };
    pub(super) const MONTH: Self = Self {
        name: "month",
        first: 1,
        last: 12,
        names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    };
    /// Sunday is 0 and 7.
    pub(super) const WEEKDAY: Self =
        Self { name: "day of the week", first: 0, last: 7, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

    /// Reads the text of the field.
    pub(super) fn parse(&self, text: &str) -> Result<Values, String> {
        let mut bits = 0;
        for item in text.split(',') {
            let (range, step) = match item.split_once('/') {
                Some((range, step)) => (range, Some(self.step(step)?)),
                None => (item, None),
            };
            let (first, last) = self.range(range, step.is_some())?;
            for value in (first..=last).step_by(step.unwrap_or(1)) {
                bits |= 1_u64 << value;
            }
        }
        if self.last == 7 && bits >> 7 & 1 == 1 {
            bits = bits & !(1 << 7) | 1;
        }
        Ok(Values { bits, is_any: text.starts_with(['*', '?']) })
    }

    /// Reads a range. A single value with a step is a range to the last value.
    fn range(&self, text: &str, has_step: bool) -> Result<(u32, u32), String> {
        // The last name: for days of the week, `*` is Sunday to Saturday.
        let last = if self.last == 7 { 6 } else { self.last };
        if text == "*" || text == "?" {
            return Ok((self.first, last));
        }
        let Some((low, high)) = text.split_once('-') else {
            let value = self.value(text)?;
            return Ok((value, if has_step { value.max(last) } else { value }));
        };
        let (low, high) = (self.value(low)?, self.value(high)?);
        if low > high {
            return Err(format!("{}: expects a range with its lower end first, got {text:?}", self.name));
        }
        Ok((low, high))
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let name = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        let number = match name {
            Some(position) => u32::try_from(position).ok().map(|position| self.first + position),
            None => number(text),
        };
        number.filter(|number| (self.first..=self.last).contains(number)).ok_or_else(|| {
            format!("{}: expects a number from {} to {}, got {text:?}", self.name, self.first, self.last)
        })
    }

    fn step(&self, text: &str) -> Result<usize, String> {
        number(text)
            .filter(|step| *step > 0)
            .map(|step| step as usize)
            .ok_or_else(|| format!("{}: expects a step of at least 1, got {text:?}", self.name))
    }
}

/// Reads a number of at most three digits, without a sign.
fn number(text: &str) -> Option<u32> {
    let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { text.parse().ok() } else { None }
}
