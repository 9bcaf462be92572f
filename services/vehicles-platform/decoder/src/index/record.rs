//! Rows of fixed width, little-endian.

/// A row that can be written to bytes and read back.
pub(crate) trait Record: Sized {
    const SIZE: usize;
    fn put(&self, out: &mut Vec<u8>);
    /// Reads a row from exactly `SIZE` bytes.
    fn get(bytes: &[u8]) -> Option<Self>;
}

macro_rules! plain {
    ($($number:ty),*) => { $(
        impl Record for $number {
            const SIZE: usize = size_of::<$number>();
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            fn get(bytes: &[u8]) -> Option<Self> {
                Some(Self::from_le_bytes(bytes.try_into().ok()?))
            }
        }
    )* };
}
plain!(u8, u16, u32, u64, u128, i16, i32, i64);

impl<const N: usize> Record for [u8; N] {
    const SIZE: usize = N;
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
    fn get(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok()
    }
}

impl<const N: usize> Record for [u16; N] {
    const SIZE: usize = 2 * N;
    fn put(&self, out: &mut Vec<u8>) {
        for number in self {
            number.put(out);
        }
    }
    fn get(bytes: &[u8]) -> Option<Self> {
        let mut row = [0; N];
        for (place, pair) in row.iter_mut().zip(bytes.chunks_exact(2)) {
            *place = u16::get(pair)?;
        }
        (bytes.len() == Self::SIZE).then_some(row)
    }
}

/// Declares rows and how they are stored.
macro_rules! records {
    ($( $(#[$note:meta])* $name:ident { $( $(#[$field_note:meta])* $field:ident: $kind:ty ),* $(,)? } )*) => { $(
        $(#[$note])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub(crate) struct $name { $( $(#[$field_note])* pub(crate) $field: $kind ),* }

        impl $crate::index::Record for $name {
            const SIZE: usize = 0 $( + <$kind as $crate::index::Record>::SIZE )*;
            fn put(&self, out: &mut Vec<u8>) {
                $( self.$field.put(out); )*
            }
            fn get(bytes: &[u8]) -> Option<Self> {
                let mut rest = bytes;
                $(
                    let (field, tail) = rest.split_at_checked(<$kind as $crate::index::Record>::SIZE)?;
                    let $field = <$kind as $crate::index::Record>::get(field)?;
                    rest = tail;
                )*
                rest.is_empty().then_some(Self { $($field),* })
            }
        }
    )* };
}
pub(crate) use records;
