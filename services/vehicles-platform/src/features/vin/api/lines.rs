//! The lines of a body that streams in, in blocks that are worth a thread's while.

use actix_web::error::PayloadError;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt, stream};

/// A line longer than this is no question about a VIN.
const LONGEST_LINE: usize = 4096;
/// The most that one block holds.
const BLOCK_BYTES: usize = 32 * 1024;

/// Whole lines, and the number of the first of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) first: u64,
    pub(super) lines: Bytes,
}

struct Reader<S> {
    body: S,
    kept: BytesMut,
    next: u64,
    ended: bool,
}

/// Cuts a body into blocks of whole lines. A line that never ends is cut off where it is too long, and what is left of it
/// counts as a line of its own that cannot be read: memory is bounded.
pub(super) fn blocks<S>(body: S) -> impl Stream<Item = Result<Block, PayloadError>>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    let reader = Reader {
        body,
        kept: BytesMut::new(),
        next: 1,
        ended: false,
    };
    stream::unfold(reader, |mut reader| async move {
        let block = reader.block().await.transpose()?;
        Some((block, reader))
    })
}

impl<S> Reader<S>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin,
{
    async fn block(&mut self) -> Result<Option<Block>, PayloadError> {
        loop {
            if let Some(end) = self.end_of_block() {
                let lines = self.kept.split_to(end).freeze();
                let first = self.next;
                let count = memchr::memchr_iter(b'\n', &lines).count();
                let cut_off = usize::from(!lines.ends_with(b"\n"));
                let count = u64::try_from(count.saturating_add(cut_off)).unwrap_or(u64::MAX);
                self.next = self.next.saturating_add(count);
                return Ok(Some(Block { first, lines }));
            }
            if self.ended {
                return Ok(None);
            }
            match self.body.next().await.transpose()? {
                Some(bytes) => self.kept.extend_from_slice(&bytes),
                None => self.ended = true,
            }
        }
    }

    /// Where the next block ends, if what has come so far holds one.
    fn end_of_block(&self) -> Option<usize> {
        let within = self.kept.len().min(BLOCK_BYTES);
        let last = self
            .kept
            .get(..within)
            .and_then(|kept| memchr::memrchr(b'\n', kept));
        if let Some(last) = last {
            return Some(last.saturating_add(1));
        }
        let rest = self.kept.len();
        (rest > LONGEST_LINE || self.ended && rest > 0).then_some(within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(pieces: &[&str]) -> Vec<(u64, String)> {
        let pieces: Vec<_> = pieces
            .iter()
            .map(|piece| Ok(Bytes::copy_from_slice(piece.as_bytes())))
            .collect();
        let blocks = blocks(stream::iter(pieces)).map(|block| {
            let block = block.unwrap();
            (
                block.first,
                String::from_utf8(block.lines.to_vec()).unwrap(),
            )
        });
        blocks.collect().await
    }

    fn block(first: u64, lines: &str) -> (u64, String) {
        (first, lines.to_owned())
    }

    #[tokio::test]
    async fn lines_are_put_together_and_counted() {
        let seen = read(&["a\nb", "b\nc\n", "d"]).await;
        assert_eq!(seen, [block(1, "a\n"), block(2, "bb\nc\n"), block(4, "d")]);
        assert!(read(&[]).await.is_empty());
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut_off() {
        let long = "x".repeat(LONGEST_LINE + 1);
        let seen = read(&[&long, "rest\nnext\n"]).await;
        assert_eq!(seen, [block(1, &long), block(2, "rest\nnext\n")]);
    }

    #[tokio::test]
    async fn a_large_piece_becomes_several_blocks() {
        let lines = "12345678901234567\n".repeat(10_000);
        let seen = read(&[&lines]).await;
        assert!(seen.len() > 5 && seen.iter().all(|(_, block)| block.len() <= BLOCK_BYTES));
        let all: String = seen.iter().map(|(_, block)| block.as_str()).collect();
        assert_eq!(all, lines);
    }
}
