import { type Dispatcher, errors } from 'undici';

/**
 * Ends requests whose answer does not begin in time, counted from when they are sent. undici's own timer is a second
 * coarse, as long as such a time may be.
 *
 * @param limit ms
 */
export function limitHeaders(limit: number): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    let timer: NodeJS.Timeout | undefined;
    return dispatch(options, {
      onRequestStart: (controller, context) => {
        const expire = () =>
          controller.abort(new errors.HeadersTimeoutError(`its answer did not begin within ${limit} ms`));
        timer = setTimeout(expire, limit);
        handler.onRequestStart?.(controller, context);
      },
      onRequestUpgrade: (...told) => handler.onRequestUpgrade?.(...told),
      onResponseStart: (controller, status, ...told) => {
        // Not what precedes an answer.
        if (status >= 200) clearTimeout(timer);
        handler.onResponseStart?.(controller, status, ...told);
      },
      onResponseData: (...told) => handler.onResponseData?.(...told),
      onResponseEnd: (...told) => handler.onResponseEnd?.(...told),
      onResponseError: (...told) => {
        clearTimeout(timer);
        handler.onResponseError?.(...told);
      },
    });
  };
}
