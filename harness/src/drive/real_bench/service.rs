//! What the real service does for the device, where the rig stands before it.

use std::time::Instant;

use fake_shadow::fault::Delivery;
use fake_shadow::operation::Operation;

use super::RealBench;
use crate::drive::cloud_side;
use crate::engine::Event;
use crate::engine::event::Party;

impl RealBench {
    /// Looks at a shadow of the real service that the device has changed.
    pub(super) fn look(&mut self) -> Option<(Instant, Event)> {
        let (at, name) = self.changed.pop_front()?;
        match self.cloud.service.as_mut()?.changed(name, Party::Device) {
            Ok(event) => Some((at, event)),
            Err(error) => {
                self.broken.get_or_insert(error);
                None
            }
        }
    }

    /// What the answer of the real service to the device means for the rig.
    pub(super) fn take_in_passed(&mut self, delivery: &Delivery) {
        let (Some(passed), Some(service)) = (&delivery.passed, &mut self.cloud.service) else {
            return;
        };
        if let Err(error) = cloud_side::passed_well(passed) {
            self.broken.get_or_insert(error);
        }
        if let Ok(Operation::UpdateThingShadow(shadow) | Operation::DeleteThingShadow(shadow)) =
            &delivery.operation
        {
            let name = shadow.name.as_ref().map(ToString::to_string);
            service.touched_by_device(name.clone());
            if passed.answer.as_ref().is_ok_and(|answer| answer.status == 200) {
                self.changed.push_back((Instant::now(), name));
            }
        }
    }
}
