//! The board of a bench: what `--board` names, made ready to be flashed.

use std::path::Path;

use super::benches::Benches;
use super::board_name::BoardName;
use super::known::Known;
use super::probe;
use super::told::Told;
use crate::board::Board;
use crate::board::equipped::{Equipment, beside};
use crate::board::external::ExternalBoard;
use crate::board::images;
use crate::board::micropython::{self, MicroPythonBoard};
use crate::board::pins::LinePins;
use crate::board::port::PortOptions;
use crate::board::process::{ProcessBoard, Recipe};
use crate::board::serial::{self, SerialBoard};
use crate::board::virtual_board::{VirtualBoard, image_of_thing};
use crate::drive::seen::Sink;
use crate::engine::ActionError;
use crate::flash::Chip;
use crate::inventory::KnownBoard;
use crate::inventory::board::CHIP_OF_VIRTUAL;
use crate::meter;
use crate::power;

impl Benches {
    /// The board that `--board` names, with what it is told of its cloud.
    ///
    /// # Errors
    ///
    /// No such board can be had.
    pub(super) fn board(
        &self,
        known: Option<&Known>,
        told: &Told,
        folder: &Path,
        sink: Sink,
    ) -> Result<Box<dyn Board>, ActionError> {
        match &self.board {
            BoardName::Process | BoardName::Sim => self.process(told, folder, sink),
            BoardName::External(_) => Ok(Box::new(ExternalBoard)),
            BoardName::Inventory(name) => match known {
                Some(known) => known_board(known, told.settings(), sink),
                None => Err(ActionError::new(
                    format!("take the board {name}"),
                    "this way of running takes no boards of the inventory",
                )
                .help("use `shadowrig run --board`")),
            },
            BoardName::MicroPython(port) => {
                let recipe = micropython::Recipe {
                    name: self.board.to_string(),
                    port: port.clone(),
                    options: PortOptions::default(),
                    variables: told.variables(),
                };
                Ok(Box::new(MicroPythonBoard::new(recipe, sink)))
            }
            BoardName::Port(port) => {
                let recipe = serial::Recipe {
                    name: port.to_string(),
                    port: port.clone(),
                    options: PortOptions::default(),
                    pins: Box::new(LinePins),
                    chip: None,
                    mac: None,
                    images: Box::new(images::find),
                    settings: told.settings(),
                };
                Ok(Box::new(SerialBoard::new(recipe, sink)))
            }
            BoardName::Emulated => Ok(Box::new(VirtualBoard::emulated(told.settings(), sink)?)),
            BoardName::Probe(selector) => {
                let who = (selector, None, None);
                probe::board(&selector.to_string(), who, told.settings(), sink)
            }
            BoardName::Virtual(chip) => {
                Ok(Box::new(VirtualBoard::new(*chip, told.settings(), sink)?))
            }
        }
    }

    fn process(
        &self,
        told: &Told,
        folder: &Path,
        sink: Sink,
    ) -> Result<Box<dyn Board>, ActionError> {
        let mut environment = told.environment();
        if let Some(ca_pem) = told.ca_pem() {
            let ca_file = folder.join("ca.pem");
            std::fs::write(&ca_file, ca_pem).map_err(|error| {
                ActionError::new(format!("write {}", ca_file.display()), error.to_string())
            })?;
            environment.push(("SHADOWRIG_CA_FILE".into(), ca_file.display().to_string()));
        }
        let recipe = Recipe {
            command: self.command.clone(),
            things: self.things.clone(),
            environment,
            state_file: folder.join("device-state"),
        };
        Ok(Box::new(ProcessBoard::new(recipe, sink)))
    }
}

/// A board of the inventory: on its port, and no other board there; with what switches its supply.
fn known_board(
    known: &Known,
    settings: virtual_board::Provisioning,
    sink: Sink,
) -> Result<Box<dyn Board>, ActionError> {
    let KnownBoard { name, mac, chip, power, meter, wake, .. } = &known.board;
    let power = power.as_ref().and_then(power::open);
    let equipment = Equipment {
        power: power.map(|power| (power, known.first_cycle())),
        meter: meter.as_ref().map(meter::open),
        wake: wake.as_ref().and_then(power::open),
    };
    if let Some(selector) = &known.board.probe {
        let who = (selector, chip.as_deref().and_then(Chip::by_name), Some(*mac));
        return Ok(beside(probe::board(name, who, settings, sink.clone())?, equipment, sink));
    }
    let Some(port) = &known.port else {
        let chip = chip.as_deref().and_then(virtual_board::Chip::by_name);
        let chip = chip.or_else(|| virtual_board::Chip::by_name(CHIP_OF_VIRTUAL));
        let chip = chip.unwrap_or(virtual_board::Chip::Esp32c3);
        let board = Box::new(VirtualBoard::new(chip, settings, sink.clone())?);
        return Ok(beside(board, Equipment { power: None, ..equipment }, sink));
    };
    let recipe = serial::Recipe {
        name: name.clone(),
        port: port.clone(),
        options: known.options(),
        pins: known.pins(),
        chip: chip.as_deref().and_then(Chip::by_name),
        mac: Some(*mac),
        images: match known.board.serial.control {
            // What has a control socket is a virtual board, which our own things are made for.
            Some(_) => Box::new(image_of_thing),
            None => Box::new(images::find),
        },
        settings,
    };
    let board = Box::new(SerialBoard::new(recipe, sink.clone()));
    Ok(beside(board, equipment, sink))
}
