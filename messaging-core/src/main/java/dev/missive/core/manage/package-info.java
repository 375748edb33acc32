/** What stands beside the flow of messages: topology, dead letters, requests. */
@NullMarked
package dev.missive.core.manage;

import org.jspecify.annotations.NullMarked;
