// SPDX-License-Identifier: GPL-3.0-or-later
// A picture on a terminal that is drawn again and again in place.
#pragma once

#include "output/sink.h"

// Whether the sink is a terminal on which something can be drawn in place.
bool ms_screen_is_seen(const struct ms_sink *sink);

// Draws over what the screen shows, from its upper left corner: a head of one line, which is escaped, and
// below it the lines of `body`, which a sink of this terminal was given and held, as many as there is room
// for; then how many more there are. The last line of the screen stays free, and the cursor at its beginning
// or above. A line too long is cut at the edge. False if the sink has failed.
bool ms_screen_draw(struct ms_sink *sink, struct ms_text head, struct ms_text body);
