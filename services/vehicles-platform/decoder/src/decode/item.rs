//! What a pass has found: one value of one element, and where it comes from.

use crate::index::tables::{attribute_flags, element_flags};
use crate::index::{Index, NONE, position};
use std::cmp::Ordering;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A pattern of the VIN.
    Pattern,
    /// A pattern whose value is a part of the VIN.
    Formula,
    /// The engine model that a pattern named.
    EngineModel,
    /// Specifications of vehicles of this make, model and year.
    VehicleSpecification,
    /// The manufacturer's code.
    Manufacturer,
    /// The make of the model that a pattern named.
    Model,
    /// Position 10, or the caller.
    ModelYear,
    /// Another unit of a displacement.
    Conversion,
    /// What vehicles of this type have.
    Default,
}

/// What an item says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    /// An attribute, as it reads.
    Attribute(u32),
    /// A part of the matched string.
    Part {
        attribute: u32,
        from: u8,
        length: u8,
    },
    /// A default, which has a text of its own.
    Default(u32),
    /// The vehicle type of a manufacturer's code: place of the attribute, name in capitals.
    VehicleType {
        attribute: u32,
        name: u32,
    },
    Manufacturer(u32),
    Make(u32),
    Year(i32),
    Conversion(u32),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) element: u8,
    pub(super) source: Source,
    pub(super) content: Content,
    pub(super) priority: i32,
    pub(super) changed: u32,
    /// The rank of its key.
    pub(super) rank: u32,
    pub(super) pattern: u32,
    /// Where its schema stands; for a specification, its schema's own id.
    pub(super) schema: u32,
    pub(super) key: u32,
}

impl Item {
    /// An item of no pattern.
    pub(super) fn plain(element: u8, source: Source, content: Content, priority: i32) -> Self {
        Self {
            element,
            source,
            content,
            priority,
            changed: NONE,
            rank: 0,
            pattern: NONE,
            schema: NONE,
            key: NONE,
        }
    }

    /// Of two items of one element, the one that vPIC keeps comes first.
    pub(super) fn precedence(&self, other: &Self) -> Ordering {
        (other.priority, other.changed)
            .cmp(&(self.priority, self.changed))
            .then((self.rank, self.pattern).cmp(&(other.rank, other.pattern)))
    }

    /// The place of its attribute.
    pub(super) fn attribute(&self, index: &Index) -> Option<u32> {
        match self.content {
            Content::Attribute(place)
            | Content::Part {
                attribute: place, ..
            }
            | Content::VehicleType {
                attribute: place, ..
            } => Some(place),
            Content::Default(place) => index.defaults.get(position(place)).map(|it| it.attribute),
            Content::Manufacturer(_)
            | Content::Make(_)
            | Content::Year(_)
            | Content::Conversion(_) => None,
        }
    }

    /// Its attribute in lower case, as specifications compare it.
    pub(super) fn folded(&self, index: &Index) -> Option<u32> {
        match self.content {
            // Digits have no case.
            Content::Make(place) => index.makes.get(position(place)).map(|make| make.id_text),
            Content::Manufacturer(place) => index
                .manufacturers
                .get(position(place))
                .map(|it| it.id_text),
            Content::Conversion(place) => index.conversions.get(position(place)).map(|it| it.value),
            _ => {
                let attribute = index.attribute(self.attribute(index)?)?;
                Some(attribute.folded)
            }
        }
    }

    pub(super) fn has_flag(&self, index: &Index, flag: u8) -> bool {
        let attribute = self
            .attribute(index)
            .and_then(|place| index.attribute(place));
        attribute.is_some_and(|attribute| attribute.flags & flag != 0)
    }
}

pub(super) use attribute_flags::{GLIDER, INCOMPLETE, OFF_ROAD};

/// What has been found so far.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) all: Vec<Item>,
    /// Element → one more than the place of its item.
    places: Places,
}

#[derive(Debug)]
struct Places([u16; 256]);

impl Default for Places {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl Items {
    pub(super) fn clear(&mut self) {
        for item in &self.all {
            if let Some(place) = self.places.0.get_mut(usize::from(item.element)) {
                *place = 0;
            }
        }
        self.all.clear();
    }

    /// The item of an element; of a repeatable one, the first.
    pub(super) fn of(&self, element: u8) -> Option<&Item> {
        let place = *self.places.0.get(usize::from(element))?;
        self.all.get(usize::from(place.checked_sub(1)?))
    }

    pub(super) fn has(&self, element: u8) -> bool {
        self.of(element).is_some()
    }

    /// Adds an item beside whatever is there.
    pub(super) fn push(&mut self, item: Item) {
        let next = u16::try_from(self.all.len().saturating_add(1)).unwrap_or(u16::MAX);
        if let Some(place) = self.places.0.get_mut(usize::from(item.element))
            && *place == 0
        {
            *place = next;
        }
        self.all.push(item);
    }

    /// Adds an item, or puts it in the place of a lesser one of its element.
    pub(super) fn offer(&mut self, item: Item, index: &Index) {
        let element = index.element(item.element);
        if element.is_some_and(|it| it.flags & element_flags::REPEATABLE != 0) {
            self.push(item);
            return;
        }
        let place = self.places.0.get(usize::from(item.element)).copied();
        let held = place
            .and_then(|place| place.checked_sub(1))
            .and_then(|place| self.all.get_mut(usize::from(place)));
        match held {
            None => self.push(item),
            Some(held) if item.precedence(held).is_lt() => *held = item,
            Some(_) => {}
        }
    }
}
